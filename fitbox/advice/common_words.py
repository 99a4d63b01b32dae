"""Frequent words of both languages, so that readable sentences other than the planner's count as such."""

from __future__ import annotations

from fitbox.profile import Language

_ENGLISH = """
a about add after again all along also always an and any are around as at avoid away back balance be
because bed been before begin best better between big body both breathe breathing build but by calm can
careful change check choose comfortable comfortably consistent control could daily day days do each early
easily easy eat eating effort energy enjoy enough even evening every exercise exercises fat feel few
first fit fitness focus follow food for form from full gentle get gives go goal good gradually great grow
habit habits hard have healthy heart help helps high hold hour hours how if improve in increase into is
it its just keep keeps kind last late later least less let level light like limit listen little long
longer low lower maintain make makes many meal meals minute minutes moderate month more morning most
movement movements much muscle muscles need never new next night no not notice of off often on once one
only or other over own part pause plan plate portion progress proper protein pulse quality rate reach
ready recover recovery regular regularly relax rest right routine same save session sessions set sets
short should simple sleep slow slowly small smooth so some start stay steady step still stop strength
stretch strong stronger support sure take talk than that the their them then there these they this
through time tired to today together too track train training try twice two until up use used usual want
warm water way week weekly weeks weight well what when where which while will with without work workout
workouts you your yourself
"""

_FRENCH = """
afin ai aide aident ainsi air ajouter ajoutez aller alors améliorer améliorez après arrêter arrêtez assez
au aucun augmentez aussi autant autour aux avant avec avez bas beaucoup besoin bien boire boisson bon
bonne bonnes bons bras but buvez c calme ce cela ces cette chaque chez choisir choisissez comme commencez
comment confort constant continuez corps court courte cœur d dans de demain dernier des deux devant devez
difficile doit donc doucement doux du dur durée début eau effort efforts elle elles en encore end ensuite
entraînement entraînements entraînez entre environ essayez est et exercice exercices facile faible faim
faire faites fatigue fatigué fin fois force forme fort garder gardez grand gras habitude habitudes haut
heure heures il ils jamais jour journée jours jusqu l la laissez le lent lentement les leur lever limite
limitez long longue lors lui léger légère ma main maintenez maintenir mais manger mangez marche marcher
marchez matin meilleur mesure mettez midi mieux minute minutes modéré moins mois montez mouvement
mouvements muscle muscles même n ne niveau nombre non nos note notez nous nouveau nuit objectif on ou où
par parce parfois parler partie pas pause pendant petit petite petits peu peut peuvent plaisir plan plus
plusieurs poids pour pouvez prendre prenez programme progressez protéines près prévoyez puis qu qualité
quand que quelques qui quoi repas repos respiration respirez reste restez rien routine rythme
récupération récupérer récupérez régulier régulière régulièrement répétitions s sa sans se selon semaine
semaines ses si soir soit sommeil son sont sous souvent suffisamment suffit suivez sur séance séances
série séries ta temps tenez toujours tous tout toute toutes travail travaillez trois trop très un une
utilisez va vers vie vite vos votre vous vrai week y à écoutez énergie étape évitez être
"""

COMMON_WORDS: dict[Language, frozenset[str]] = {
    Language.EN: frozenset(_ENGLISH.split()),
    Language.FR: frozenset(_FRENCH.split()),
}
