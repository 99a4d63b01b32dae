"""French."""

from __future__ import annotations

from fitbox.locales.locale import Locale

COMMON_WORDS = """
afin ai aide aident ainsi air ajouter ajoutez aller alors améliorer améliorez après arrêter arrêtez
assez au aucun augmentez aussi autant autour aux avant avec avez bas beaucoup besoin bien boire
boisson bon bonne bonnes bons bras but buvez c calme ce cela ces cette chaque chez choisir
choisissez comme commencez comment confort constant continuez corps court courte cœur d dans de
demain dernier des deux devant devez difficile doit donc doucement doux du dur durée début eau
effort efforts elle elles en encore end ensuite entraînement entraînements entraînez entre environ
essayez est et exercice exercices facile faible faim faire faites fatigue fatigué fin fois force
forme fort garder gardez grand gras habitude habitudes haut heure heures il ils jamais jour journée
jours jusqu l la laissez le lent lentement les leur lever limite limitez long longue lors lui léger
légère ma main maintenez maintenir mais manger mangez marche marcher marchez matin meilleur mesure
mettez midi mieux minute minutes modéré moins mois montez mouvement mouvements muscle muscles même n
ne niveau nombre non nos note notez nous nouveau nuit objectif on ou où par parce parfois parler
partie pas pause pendant petit petite petits peu peut peuvent plaisir plan plus plusieurs poids pour
pouvez prendre prenez programme progressez protéines près prévoyez puis qu qualité quand que
quelques qui quoi repas repos respiration respirez reste restez rien routine rythme récupération
récupérer récupérez régulier régulière régulièrement répétitions s sa sans se selon semaine semaines
ses si soir soit sommeil son sont sous souvent suffisamment suffit suivez sur séance séances série
séries ta temps tenez toujours tous tout toute toutes travail travaillez trois trop très un une
utilisez va vers vie vite vos votre vous vrai week y à écoutez énergie étape évitez être
"""
"""Frequent words, so that readable sentences other than the planner's count as such."""

LOCALE = Locale(
    english_name="French",
    decimal_mark=",",
    plural_from=2,
    letters="àâçèéêëîïôùûüœ",
    capitals="ÀÂÇÈÉÊÎÔŒ",
    capitalised=("lundi",),
    common_words=frozenset(COMMON_WORDS.split()),
    texts={
        "rules": {
            "SITUATION": "Elle est écrite pour des membres dans une autre situation que la vôtre.",
            "SENTENCE_CONDITION": (
                "Elle est destinée à des membres dont les affections ou le régime diffèrent des vôtres."
            ),
            "WEIGHT_KEPT": "Votre poids doit rester stable : aucun rythme de variation n'est donné.",
            "EQUIPMENT": "Il faut un matériel dont vous ne disposez pas.",
            "LEVEL": "Il faut plus d'expérience de l'entraînement que vous n'en avez.",
            "EXERCISE_CONDITION": "Déconseillé avec l'une de vos blessures ou de vos affections.",
            "LOW_IMPACT": (
                "Il comporte des sauts ou de la course, à éviter pour vos articulations ou votre équilibre."
            ),
            "DISLIKED_EXERCISE": "Vous avez dit ne pas l'aimer.",
            "OWN_WEIGHT": "Il soulève une part de votre poids qu'on ne saurait vous demander.",
            "TOO_LIGHT": "Trop léger pour vous être utile à côté des charges dont vous disposez.",
            "DIET": "Votre régime l'exclut.",
            "ALLERGY": "Contient une substance à laquelle vous êtes allergique.",
            "DISLIKED_FOOD": "Vous avez dit ne pas l'aimer.",
            "FOOD_CONDITION": "À éviter avec l'une de vos affections.",
            "ALCOHOL": "Contient de l'alcool, interdit avant 18 ans.",
            "POWDER": "Pas de protéines en poudre avant 18 ans : les aliments suffisent pour grandir.",
        },
        "common": {
            "SafetyNote.NO_DEFICIT_UNDERWEIGHT": (
                "Votre poids est déjà bas pour votre taille : ce plan le maintient au lieu de le réduire."
            ),
            "SafetyNote.NO_DEFICIT_UNDER_18": (
                "Vous êtes encore en croissance : ce plan ne réduit pas les calories."
            ),
            "SafetyNote.NO_DEFICIT_PREGNANCY": (
                "Pendant la grossesse, ce plan ne réduit pas les calories ; tout objectif de poids se"
                " fixe avec votre sage-femme ou votre médecin."
            ),
            "SafetyNote.KCAL_FLOOR_APPLIED": (
                "Vos calories ont été relevées au minimum sûr sans suivi médical."
            ),
            "SafetyNote.REFER_TO_CLINICIAN": (
                "Montrez ce plan à votre médecin ou à votre kinésithérapeute avant de commencer."
            ),
            "SafetyNote.INTENSITY_LIMITED": (
                "L'intensité est limitée tant qu'un médecin n'a pas autorisé un entraînement plus dur."
            ),
            "SafetyNote.AGE_PREDICTED_HEART_RATE": (
                "Vos zones cardiaques sont estimées d'après votre âge ; un maximum mesuré est plus exact."
            ),
            "SafetyNote.NO_DEFICIT_AFTER_BIRTH": (
                "Pendant l'allaitement et les douze premières semaines après un accouchement, ce plan ne "
                "réduit pas les calories ; votre sage-femme ou votre médecin vous dira quand une perte de "
                "poids est sans risque."
            ),
            "SafetyNote.DEFICIT_LIMITED": (
                "Une perte plus rapide vous mènerait bientôt sous un poids sain pour votre taille : ce plan "
                "réduit donc moins les calories, ou pas du tout ; parlez-en à votre médecin ou à un "
                "diététicien avant de perdre davantage."
            ),
            "SafetyNote.EFFORT_NOT_PULSE": (
                "Votre traitement ralentit le pouls : ce plan se règle donc sur l'effort ressenti. Gardez le "
                "cardio entre 3 et 5 sur 10, en pouvant encore parler par phrases. Ne modifiez jamais le "
                "traitement pour vous entraîner."
            ),
            "SafetyNote.HYPOGLYCAEMIA": (
                "L'entraînement peut provoquer une hypoglycémie, jusqu'à un jour plus tard. Contrôlez votre "
                "glycémie avant, pendant et après, gardez du sucre rapide à portée de main, ne vous "
                "entraînez pas seul au début et convenez des doses et des glucides avec votre équipe "
                "soignante."
            ),
            "SafetyNote.BLEEDING": (
                "Votre traitement prolonge les saignements : pas de sport de contact, pas de sauts, rien "
                "d'où l'on puisse tomber. Après un choc à la tête, consultez aussitôt, même si vous vous "
                "sentez bien."
            ),
            "SafetyNote.AFTER_BIRTH": (
                "Ne commencez qu'avec l'accord de votre sage-femme ou de votre médecin, plus tard après une "
                "césarienne. Débutez par la marche et le périnée ; arrêtez et demandez conseil en cas de "
                "fuites, de saignement, de pesanteur ou de douleur."
            ),
            "SafetyNote.PROTEIN_LIMITED": (
                "Les protéines sont limitées à ce qui est conseillé en cas de maladie rénale ; si votre "
                "équipe de néphrologie fixe une autre quantité, c'est la sienne qui compte."
            ),
            "Goal.WEIGHT_LOSS": "perte de poids",
            "Goal.MODERATE_WEIGHT_LOSS": "perte de poids modérée",
            "Goal.MAINTENANCE": "maintien",
            "Goal.MUSCLE_GAIN": "prise de muscle",
            "Goal.BULKING": "prise de masse",
            "Goal.ENDURANCE": "endurance",
            "Goal.SPORT": "préparation sportive",
            "Goal.GENERAL_HEALTH": "santé et forme",
            "Level.BEGINNER": "débutant",
            "Level.INTERMEDIATE": "intermédiaire",
            "Level.ADVANCED": "avancé",
            "weekday.monday": "lundi",
            "weekday.tuesday": "mardi",
            "weekday.wednesday": "mercredi",
            "weekday.thursday": "jeudi",
            "weekday.friday": "vendredi",
            "weekday.saturday": "samedi",
            "weekday.sunday": "dimanche",
            "muscle.chest": "pectoraux",
            "muscle.lower_back": "bas du dos",
            "muscle.shoulders": "épaules",
            "muscle.biceps": "biceps",
            "muscle.triceps": "triceps",
            "muscle.forearms": "avant-bras",
            "muscle.glutes": "fessiers",
            "muscle.quadriceps": "quadriceps",
            "muscle.hamstrings": "ischio-jambiers",
            "muscle.calves": "mollets",
            "muscle.hips": "hanches",
            "muscle.core": "tronc",
            "muscle.back": "dos",
            "meal.breakfast": "Petit-déjeuner",
            "meal.morning_snack": "Collation du matin",
            "meal.lunch": "Déjeuner",
            "meal.afternoon_snack": "Goûter",
            "meal.dinner": "Dîner",
            "meal.evening_snack": "Collation du soir",
        },
        "workout": {
            "focus.full": "Corps entier",
            "focus.upper": "Haut du corps",
            "focus.lower": "Bas du corps",
            "focus.push": "Poussée",
            "focus.pull": "Tirage",
            "focus.legs": "Jambes",
            "focus.cardio": "Cardio",
            "focus.hiit": "Intervalles",
            "focus.yoga": "Yoga et mobilité",
            "progression.LINEAR": (
                "{weeks} semaines : apprenez les gestes la première semaine avec trois répétitions en "
                "réserve, puis ajoutez un peu de charge chaque semaine, environ 2,5 % pour le haut du "
                "corps et 5 % pour les jambes. Si une série échoue deux fois, gardez la charge une "
                "semaine de plus."
            ),
            "progression.DOUBLE": (
                "{weeks} semaines : d'abord plus de répétitions à charge égale, puis plus de charge au "
                "nombre de départ. Sans charge supplémentaire, ajoutez des répétitions jusqu'à "
                "{repetitions}."
            ),
            "progression.UNDULATING": (
                "{weeks} semaines : des semaines plus légères avec plus de répétitions alternent avec des "
                "semaines plus lourdes, chaque tour un peu plus lourd que le précédent ; jusqu'à "
                "{repetitions} répétitions si la charge manque."
            ),
            "progression.CAREFUL": (
                "{weeks} semaines : restez là où vous pouvez parler par phrases entières et ne bloquez "
                "jamais le souffle. Ajoutez d'abord un peu de temps, puis des répétitions jusqu'à "
                "{repetitions} ; n'augmentez la charge qu'avec l'accord de votre médecin."
            ),
            "progression.deload": "La semaine {weeks} est allégée : moitié moins de séries, rien à prouver.",
            "progression.deloads": (
                "Les semaines {weeks} sont allégées : moitié moins de séries, rien à prouver."
            ),
            "progression.cardio": (
                "Allongez le cardio de la semaine d'environ un dixième à la fois avant de monter de zone."
            ),
            "and": "et",
            "progression.deload_dates": "Premier jour d'une semaine allégée : {dates}.",
            "intensity.rpe": "Effort {rpe} sur 10.",
            "intensity.reserve": "Arrêtez avec {reserve} répétitions en réserve.",
            "intensity.reserve_one": "Arrêtez avec {reserve} répétition en réserve.",
            "intensity.percent": "Environ {percent} % de votre maximum sur une répétition.",
            "intensity.load": "Environ {load} kg.",
            "intensity.load_lb": "Environ {load} lb.",
            "intensity.soft": "Facile ; rien ne doit faire mal.",
            "intensity.zone1": "Très facile : vous pourriez chanter.",
            "intensity.zone2": "Facile : vous parlez par phrases entières.",
            "intensity.zone3": "Soutenu : seulement des phrases courtes.",
            "intensity.zone4": "Dur : un mot à la fois.",
            "intensity.zone5": "À fond, par moments.",
            "note.sides": "Exercices unilatéraux : répétitions et secondes valent pour chaque côté.",
            "note.low_impact": "Les sauts et la course sont écartés pour ménager vos articulations.",
            "note.low_impact_thin": (
                "Les sauts et la course attendront que vous pesiez davantage : à votre "
                "poids, les os s'y fracturent plus vite."
            ),
            "note.legs": (
                "Les exercices isolés des cuisses et des hanches n'ont pas trouvé place à côté des grands "
                "mouvements, qui les travaillent aussi."
            ),
            "note.calves": (
                "Les extensions de mollets n'ont pas trouvé place cette semaine ; la marche, les escaliers "
                "et les squats les travaillent un peu, deux séries après une séance davantage."
            ),
            "note.legs_and_calves": (
                "Le temps de la semaine va aux mouvements de plusieurs articulations : ils travaillent "
                "cuisses et hanches, et un peu les mollets. Avec plus de temps, ajoutez flexions de jambes "
                "et mollets."
            ),
            "note.effort_before_pulse": (
                "Fiez-vous à l'effort et au souffle avant le pouls : médicaments et grossesse modifient "
                "le rythme du cœur."
            ),
            "note.walk": (
                "Cette semaine contient {planned} des {wanted} minutes d'endurance modérée qu'il faut à "
                "un adulte ; une marche rapide de {minutes} minutes un autre jour fait le reste."
            ),
            "note.walks": (
                "Cette semaine contient {planned} des {wanted} minutes d'endurance modérée qu'il faut à "
                "un adulte ; {walks} marches rapides de {minutes} minutes d'autres jours font le reste."
            ),
            "note.young": (
                "En plus de l'entraînement, un jeune a besoin d'environ une heure de jeu actif, de sport "
                "ou de marche rapide chaque jour, et non des 150 minutes par semaine d'un adulte."
            ),
            "note.stretch": (
                "Refaites les étirements un jour de plus : la souplesse demande deux ou trois jours par "
                "semaine."
            ),
            "note.balance": (
                "Dès 65 ans, l'équilibre se travaille trois jours par semaine : refaites les exercices "
                "d'équilibre chez vous {days} jours de plus, près d'un mur."
            ),
            "area.upper_body": "haut du corps",
            "area.lower_body": "bas du corps",
            "area.chest": "poitrine",
            "area.back": "dos",
            "area.shoulders": "épaules",
            "area.arms": "bras",
            "area.core": "sangle abdominale",
            "area.glutes": "fessiers",
            "area.thighs": "cuisses",
            "area.calves": "mollets",
            "area.balance": "équilibre",
            "area.mobility": "mobilité",
            "note.focus_sets": (
                "Votre priorité ({area}) : séries qui la travaillent d'abord cette semaine : {sets}."
            ),
            "note.focus_days": (
                "Votre priorité ({area}) : jours de cette semaine qui la travaillent : {days}."
            ),
            "note.focus_none": (
                "Votre priorité ({area}) ne trouve pas de place cette semaine : il y faudrait un jour de "
                "musculation, plus de temps ou un autre équipement."
            ),
            "note.time_left": (
                "Certaines séances finissent avant vos {minutes} minutes : d'autres séries ajouteraient "
                "de la fatigue sans progrès."
            ),
        },
        "cues": {
            "chair": "Reculez les hanches jusqu'à toucher la chaise, puis levez-vous sans les mains.",
            "wall_sit": (
                "Dos à plat contre le mur, cuisses aussi basses que vos genoux l'acceptent, et respirez."
            ),
            "back_squat": (
                "Barre sur le haut du dos, inspirez et gainez, descendez entre les talons, poussez sur "
                "tout le pied."
            ),
            "front_squat": (
                "Coudes hauts, barre sur les épaules, poitrine fière à la descente comme à la montée."
            ),
            "leg_press": (
                "Descendez tant que le bassin reste posé, et ne verrouillez jamais brutalement les genoux."
            ),
            "pistol": "Bras et jambe libre devant vous, descendez lentement, genou dans l'axe des orteils.",
            "squat": (
                "Pieds largeur d'épaules, genoux dans l'axe des orteils, descendez tant que les talons "
                "restent au sol."
            ),
            "deadlift": (
                "Barre au-dessus du milieu du pied, dos long, repoussez le sol et gardez la barre près de "
                "vous."
            ),
            "single_leg_hinge": (
                "Bassin à plat, dos long, la jambe libre part derrière quand la charge descend."
            ),
            "hinge": (
                "Reculez les hanches, dos long et genoux souples, jusqu'à tendre l'arrière des cuisses, "
                "puis redressez-vous."
            ),
            "swing": "Projetez les hanches, bras relâchés : le kettlebell flotte, vous ne le soulevez pas.",
            "extension": (
                "Montez tant que le bas du dos reste à l'aise, regard au sol, marquez un arrêt, "
                "redescendez lentement."
            ),
            "bridge": "Côtes basses, poussez dans les talons, serrez les fessiers en haut sans cambrer.",
            "clean": (
                "Les hanches lancent la charge, gardez-la près de vous ; arrêtez quand la vitesse baisse."
            ),
            "step_up": (
                "Pied entier sur le caisson, légèrement penché, montez avec la jambe du haut seulement."
            ),
            "lunge": (
                "Un pas assez long pour garder le talon avant au sol ; genou avant dans l'axe, buste droit."
            ),
            "push_up": "Corps aligné de la tête aux genoux ou aux talons, coudes à mi-chemin du buste.",
            "overhead_own": "Hanches hautes, la tête descend entre les mains, repoussez le sol.",
            "bench_press": (
                "Omoplates serrées et basses, pieds ancrés, effleurez la poitrine ; sécurités ou partenaire."
            ),
            "press": "Omoplates serrées, poignets au-dessus des coudes, poussez sans hausser les épaules.",
            "dip": "Épaules basses, légèrement penché, ne descendez que si les épaules restent à l'aise.",
            "throw": (
                "Lancez vite avec tout le corps, rattrapez en souplesse ; arrêtez quand la vitesse baisse."
            ),
            "overhead": (
                "Fessiers et ventre serrés, côtes basses, poussez jusqu'à avoir les bras près des oreilles."
            ),
            "row": "Dos long, tirez par les coudes, rapprochez les omoplates, redescendez en contrôlant.",
            "prone_row": "Front bas, pouces vers le haut, levez les bras tant que le cou reste long.",
            "negative": (
                "Montez avec un appui, puis descendez en cinq secondes ; arrêtez dès que vous ne freinez "
                "plus."
            ),
            "pull_up": "Partez bras tendus, épaules basses, amenez les coudes vers les côtes, sans élan.",
            "pulldown": (
                "Assis bien droit, tirez vers les clavicules par les coudes, puis laissez les bras s'étirer."
            ),
            "straight_arm": "Bras presque tendus, seules les épaules bougent, côtes basses.",
            "plank": "Côtes basses, fessiers serrés, respirez ; arrêtez dès que le dos se creuse.",
            "side_plank": "Coude sous l'épaule, bassin haut, corps aligné.",
            "dead_bug": "Gardez le bas du dos au sol et bougez lentement en expirant.",
            "bird_dog": "Bassin immobile comme si un verre était posé dessus ; allongez-vous sans monter.",
            "standing_crunch": "Restez grand, rapprochez lentement le genou et le coude.",
            "crunch": (
                "Enroulez vertèbre par vertèbre, menton décollé de la poitrine, et redescendez lentement."
            ),
            "leg_raise": "Basculez d'abord le bassin, sans élan, et redescendez lentement.",
            "twist": "Tournez depuis les côtes, bassin fixe, lentement et sans à-coup.",
            "anti_rotation": "Poussez droit devant sans laisser le buste tourner ; expirez lentement.",
            "rollout": (
                "À genoux, côtes basses, roulez tant que le dos reste plat ; roue ou barre à disques ronds."
            ),
            "pelvic_tilt": "Plaquez doucement le bas du dos au sol ou au mur en expirant.",
            "carry": "Marchez droit à petits pas, épaules basses, sans vous pencher.",
            "fly": (
                "Coudes souples, ouvrez tant que les épaules sont à l'aise, comme pour enlacer un tonneau."
            ),
            "raise": "Montez à hauteur d'épaule sans élan, le petit doigt pas plus haut que le pouce.",
            "triceps": "Bras immobiles, tendez complètement les coudes, revenez lentement.",
            "curl": "Coudes fixes, sans élan, descendez plus lentement que vous ne montez.",
            "rear": "Guidez par les coudes ou les petits doigts, épaules loin des oreilles.",
            "shrug": "Montez à la verticale, sans rouler les épaules, marquez un arrêt, descendez lentement.",
            "wrist": "Avant-bras posés, seuls les poignets bougent, lentement.",
            "rotation": "Coude au corps, tournez l'avant-bras vers l'extérieur, lentement et sans douleur.",
            "leg_extension": "Tendez complètement, tenez une seconde, redescendez en contrôlant.",
            "leg_curl": "Bassin fixe, ramenez les talons, revenez lentement.",
            "nordic": "Corps droit du genou à la tête, freinez la descente, mains prêtes.",
            "calf": "Étirez une seconde en bas, montez sur le gros orteil, sans bouger les genoux.",
            "glute": "Seule la hanche bouge, bassin fixe, lentement à l'aller comme au retour.",
            "circuit": "Trouvez un rythme tenable jusqu'au bout avec un geste propre.",
            "jump": (
                "Réceptionnez-vous en souplesse, genoux dans l'axe ; ralentissez avant que le geste se "
                "dégrade."
            ),
            "walk": "Droit, bras ballants ; l'allure fait l'effort, sans tenir les barres.",
            "run_walk": (
                "Quelques minutes de course facile, puis de la marche jusqu'à respirer calmement, et on "
                "recommence."
            ),
            "run": "Petits pas rapides, épaules relâchées, assez lentement pour parler.",
            "tempo": "L'allure tenable une heure en course : soutenue, régulière, jamais à bout de souffle.",
            "intervals": (
                "Échauffez-vous, puis des fractions dures d'une à trois minutes, autant de récupération ; "
                "les minutes comptent les deux."
            ),
            "machine_cardio": (
                "Rythme régulier, dos droit ; réglez résistance ou allure selon l'effort demandé."
            ),
            "flow": "Bougez avec le souffle ; posez les genoux dès que cela aide.",
            "inversion": "Les bras portent, jamais le cou ; redescendez avant la fatigue.",
            "pose": "Grandissez-vous avant d'aller loin, et respirez régulièrement.",
            "breathing": "Inspirez par le nez sur quatre temps, expirez sur six.",
            "stretch": "Allez jusqu'à un léger étirement, restez immobile et expirez ; jamais d'à-coups.",
            "loosen": "Petit d'abord, plus grand à chaque fois, sans forcer.",
            "balance": (
                "Placez-vous près d'un mur ou d'un plan de travail, une main à portée ; regardez devant vous."
            ),
            "balance_walk": "Le long d'un mur, une main à portée, lentement, regard devant vous.",
        },
        "nutrition": {
            "as_eaten": (
                "Les poids sont ceux des aliments prêts à manger : riz, pâtes, légumes secs, viande "
                "et poisson cuits ; céréales sèches."
            ),
            "allergies": (
                "Les recettes varient selon les marques : vérifiez vos allergènes sur chaque étiquette."
            ),
            "pregnancy": (
                "Mangez viande, poisson et œufs bien cuits, lavez les crudités et choisissez des "
                "produits laitiers pasteurisés."
            ),
            "vegan": (
                "Une alimentation végane exige une source sûre de vitamine B12 : aliments enrichis ou"
                " complément."
            ),
            "certified": "Choisissez des produits portant la certification que votre alimentation exige.",
            "diabetes": (
                "Si vous prenez un traitement du diabète, convenez de tout changement d'alimentation "
                "avec votre équipe soignante."
            ),
            "lactation": (
                "L'énergie que demande l'allaitement est comprise. Évitez l'alcool, limitez le café et "
                "renseignez-vous sur l'iode et la vitamine D."
            ),
            "insulin": (
                "Gardez les glucides aux mêmes repas d'un jour à l'autre et comptez-les pour votre insuline."
                " Ayez 15 à 30 g de glucides rapides sous la main à l'entraînement et ne sautez jamais un "
                "repas après une injection."
            ),
            "anticoagulant": (
                "Mangez à peu près autant de légumes verts à feuilles d'un jour à l'autre : un changement "
                "brusque de vitamine K modifie l'effet de la warfarine et des médicaments proches. Demandez "
                "conseil avant tout complément."
            ),
            "pregnancy_supplements": (
                "Prenez 400 µg d'acide folique par jour jusqu'à la 12e semaine et parlez d'iode, de fer et "
                "de vitamine D avec votre sage-femme ; pas d'alcool, et au plus 200 mg de caféine par jour, "
                "soit deux tasses de café."
            ),
            "fortified": (
                "Choisissez des boissons végétales enrichies en calcium, 120 mg pour 100 ml : le calcul le "
                "suppose. Les boissons bio ne le sont pas."
            ),
            "of": "{name} {amount} sur {limit} {unit} ({source})",
            "short": "En dessous du repère, qui vaut en moyenne sur une semaine ou plus : {list}.",
            "short.POTASSIUM": (
                "Potassium : les légumes, les légumes secs, les pommes de terre et les fruits en sont riches."
            ),
            "short.FIBRE": (
                "Fibres : préférez le complet au raffiné, les légumes secs, et les fruits avec leur peau."
            ),
            "short.CALCIUM": (
                "Calcium : un verre de lait ou de boisson végétale enrichie, un yaourt, ou une eau minérale "
                "riche en calcium."
            ),
            "short.IRON": (
                "Fer : viande rouge maigre, légumes secs ou céréales complètes, avec des légumes ou un fruit "
                "pour la vitamine C."
            ),
            "short.VITAMIN_B12": (
                "Vitamine B12 : poisson, viande, œufs et produits laitiers, ou un aliment enrichi."
            ),
            "short.VITAMIN_D": (
                "Vitamine D : l'alimentation y suffit rarement. Les poissons gras, les œufs et le soleil "
                "aident ; d'octobre à mars, 10 µg par jour en complément sont souvent conseillés."
            ),
            "short.PROTEIN": (
                "Protéines : une portion plus grande de poisson, de viande, d'œufs, de laitages ou de "
                "légumes secs."
            ),
            "short.PROTEIN.plants": (
                "Protéines : une portion plus grande de légumes secs ou de ce qui remplace la viande."
            ),
            "short.TOTAL_FAT": "Lipides : un filet d'huile sur les légumes, ou une poignée de graines.",
            "short.FRUIT_VEGETABLES": "Fruits et légumes : un fruit ou une salade de plus.",
            "short.FOLATE": "Folates : légumes verts à feuilles, légumes secs et oranges.",
            "short.IODINE": (
                "Iode : poissons de mer, produits laitiers et œufs, et du sel iodé si vous salez."
            ),
            "short.CALCIUM.plants": (
                "Calcium : chou kale, boisson végétale enrichie, ou eau minérale riche en calcium."
            ),
            "short.IRON.plants": (
                "Fer : légumes secs et graines, avec des légumes ou un fruit pour la vitamine C."
            ),
            "short.VITAMIN_B12.plants": "Vitamine B12 : un aliment enrichi ou un complément.",
            "short.VITAMIN_D.plants": (
                "Vitamine D : l'alimentation y suffit rarement. Le soleil aide ; d'octobre à mars, 10 µg par "
                "jour en complément sont souvent conseillés."
            ),
            "short.IODINE.plants": (
                "Iode : du sel iodé si vous salez ; sans poisson ni produits laitiers, parlez d'un "
                "complément avec un diététicien."
            ),
            "above": "Au-dessus de la limite, qui vaut en moyenne sur une semaine ou plus : {list}.",
            "salt": (
                "Sodium : ces aliments en apportent {amount} mg sans sel ajouté, et environ {salted} mg si "
                "vous salez comme d'habitude, plus que les {limit} mg de {source}. Relevez plutôt avec des "
                "herbes, des épices, du citron ou du vinaigre, et n'ajoutez pas plus de {grams} g de sel par "
                "jour (une cuillère à café rase en contient 6 g)."
            ),
            "salt.none": (
                "Sodium : ces aliments en apportent {amount} mg sans sel ajouté, et environ {salted} mg si "
                "vous salez comme d'habitude, plus que les {limit} mg de {source}. Cuisinez sans sel : "
                "relevez avec des herbes, des épices, du citron ou du vinaigre."
            ),
            "above.TOTAL_FAT": (
                "Lipides : moins d'huile, d'oléagineux et de fromage, plus de pain, de riz ou de pommes de "
                "terre."
            ),
            "above.SODIUM": (
                "Sodium : le pain, le fromage et les produits préparés en apportent le plus. Choisissez les "
                "moins salés et n'ajoutez pas de sel ; celui que vous ajoutez n'est pas compté ici."
            ),
            "above.POTASSIUM": (
                "Potassium : en cas de maladie rénale ou de médicament qui le retient, demandez à votre "
                "médecin la quantité permise."
            ),
            "above.SATURATED_FAT": (
                "Graisses saturées : huile plutôt que beurre, viande plus maigre, moins de fromage."
            ),
            "above.ADDED_SUGAR": (
                "Sucres ajoutés, 10 g au plus par repas : yaourt nature, céréales sans sucre, et un fruit en "
                "dessert."
            ),
            "above.FREE_SUGAR": (
                "Sucres : de l'eau plutôt que du jus, moins de miel, de confiture et de sucreries."
            ),
            "above.FIBRE": (
                "Fibres : si vous en mangez moins aujourd'hui, augmentez sur deux semaines et buvez assez."
            ),
            "above.CALCIUM": "Calcium : renoncez aux comprimés de calcium.",
            "above.VITAMIN_D": "Vitamine D : renoncez aux compléments.",
            "above.IODINE": "Iode : renoncez aux algues et aux compléments.",
            "unknown": (
                "Trop près de la limite pour en juger, les tables d'aliments différant d'un dixième, ou trop "
                "peu de ces aliments ont une teneur publiée : {list}."
            ),
        },
        "referrals": {
            "EATING_DISORDER": (
                "FitBox ne fait pas de plan en cas de trouble du comportement alimentaire, ni pendant le "
                "rétablissement : compter calories et séances peut l'aggraver. Parlez-en à votre médecin ou "
                "à l'équipe qui vous suit ; ils peuvent construire avec vous repas et activité physique."
            ),
            "DIALYSIS": (
                "En dialyse, l'alimentation, les boissons et l'entraînement dépendent de vos analyses et de "
                "vos séances, que FitBox ne connaît pas. Demandez un plan à votre équipe de néphrologie ; "
                "elle a des diététiciens et des kinésithérapeutes pour cela."
            ),
            "KIDNEY_DISEASE": (
                "En cas de maladie rénale, les bonnes quantités de protéines, de potassium, de phosphore et "
                "de sel dépendent de vos analyses : FitBox ne vous propose donc pas de repas. Demandez à "
                "votre médecin de vous adresser à un diététicien spécialisé."
            ),
        },
        "nutrients": {
            "SODIUM": "sodium",
            "POTASSIUM": "potassium",
            "SATURATED_FAT": "graisses saturées",
            "SUGARS": "sucres",
            "ADDED_SUGAR": "sucres ajoutés",
            "FREE_SUGAR": "sucres libres",
            "FIBRE": "fibres",
            "CALCIUM": "calcium",
            "IRON": "fer",
            "VITAMIN_B12": "vitamine B12",
            "VITAMIN_D": "vitamine D",
            "FOLATE": "folates",
            "IODINE": "iode",
            "TOTAL_FAT": "lipides",
            "PROTEIN": "protéines",
            "FRUIT_VEGETABLES": "fruits et légumes",
        },
        "measures": {
            "about": "environ {measure}",
            "ball.one": "{count} boule",
            "ball.many": "{count} boules",
            "bowl.one": "{count} bol",
            "bowl.many": "{count} bols",
            "cup.one": "{count} tasse",
            "cup.many": "{count} tasses",
            "egg.one": "{count} œuf",
            "egg.many": "{count} œufs",
            "glass.one": "{count} verre",
            "glass.many": "{count} verres",
            "handful.one": "{count} poignée",
            "handful.many": "{count} poignées",
            "palm.one": "{count} paume",
            "palm.many": "{count} paumes",
            "piece.one": "{count} pièce",
            "piece.many": "{count} pièces",
            "pot.one": "{count} pot",
            "pot.many": "{count} pots",
            "scoop.one": "{count} dose",
            "scoop.many": "{count} doses",
            "slice.one": "{count} tranche",
            "slice.many": "{count} tranches",
            "square.one": "{count} carré",
            "square.many": "{count} carrés",
            "tablespoon.one": "{count} cuillère à soupe",
            "tablespoon.many": "{count} cuillères à soupe",
            "teaspoon.one": "{count} cuillère à café",
            "teaspoon.many": "{count} cuillères à café",
            "tin.one": "{count} petite boîte",
            "tin.many": "{count} petites boîtes",
            "wedge.one": "{count} part",
            "wedge.many": "{count} parts",
        },
        "headings": {
            "calories": "Calories",
            "protein": "Protéines",
            "fibre": "Fibres",
            "water": "Hydratation",
            "cardio": "Cardio",
            "progression": "Progression",
            "pace": "Rythme",
            "recovery": "Récupération",
            "sleep": "Sommeil",
            "habits": "Habitudes",
            "technique": "Technique",
        },
        "units": {
            "kcal": "{value} kcal",
            "kilojoules": "{value} kJ",
            "grams": "{value} g",
            "liters": "{value} litres",
            "kilograms": "{value} kg",
            "pounds": "{value} lb",
            "pulse": "entre {low} et {high} bpm",
            "effort": "un effort de 3 à 5 sur 10",
            "meals": "{value} repas",
            "session": "{value} séance",
            "sessions": "{value} séances",
            "rest_day": "{value} jour de repos",
            "rest_days": "{value} jours de repos",
        },
        "own_plan": {
            "and": "et",
            "at.breakfast": "au petit-déjeuner",
            "at.morning_snack": "à la collation du matin",
            "at.lunch": "au déjeuner",
            "at.afternoon_snack": "au goûter",
            "at.dinner": "au dîner",
            "at.evening_snack": "à la collation du soir",
            "the.breakfast": "le petit-déjeuner",
            "the.lunch": "le déjeuner",
            "the.dinner": "le dîner",
            "reserve.2": "deux",
            "reserve.3": "trois",
            "reserve.4": "quatre",
            "reserve.5": "cinq",
            "no_plan": (
                "Ces conseils partent de votre profil : redemandez-les avec votre semaine d'entraînement et "
                "votre journée de repas pour qu'ils en parlent."
            ),
        },
        "parts": {
            "KNEE": "genou",
            "LOWER_BACK": "dos",
            "SHOULDER": "épaule",
            "WRIST": "poignet",
            "ELBOW": "coude",
            "HIP": "hanche",
            "ANKLE": "cheville",
            "NECK": "cou",
        },
        "screen": {
            "entry": "{name} : {told}",
            "semicolon": " ; ",
            "exercise": "exercice",
            "sets": "séries",
            "effort": "effort",
            "tempo": "tempo",
            "rest": "repos",
            "session": "{weekday} : {focus}, {minutes} min",
            "zone": "zone {number}",
            "warm_up": "Échauffement, {minutes} min",
            "cool_down": "Retour au calme, {minutes} min",
            "each_side": "de chaque côté",
            "of_load": "à {percent} % de la charge",
            "no_load": "sans charge",
            "legend": (
                "RPE : effort sur 10. RIR : répétitions gardées en réserve. 1RM : le plus lourd que vous "
                "soulevez une fois. Tempo : secondes de descente, pause, montée, pause."
            ),
            "weekly_sets": "Séries par semaine : {muscles}",
            "endurance": "Endurance : {minutes} min d'effort modéré par semaine",
            "flexibility": "jours avec étirements : {days}",
            "balance": "jours avec équilibre : {days}",
            "programme": "Programme de {weeks} semaines ; les séances ci-dessus sont la première",
            "week": "semaine",
            "begins": "début",
            "load": "charge",
            "cardio": "endurance",
            "deload": "allégée",
            "repetitions": "répétitions",
            "eating": "{energy} par jour, objectif {target}",
            "day": "Jour {number} : {energy}",
            "meal": "repas",
            "food": "aliment",
            "measure": "mesure",
            "totals": (
                "protéines {protein} g, glucides {carbohydrate} g, lipides {fat} g, fibres {fibre} g ; "
                "eau {water} l"
            ),
            "nutrient": "nutriment",
            "amount": "quantité",
            "reference": "référence",
            "source": "source",
            "at_least": "au moins {lower}",
            "at_most": "au plus {upper}",
            "between": "{lower} à {upper}",
            "met": "respectée",
            "missed": "non respectée",
            "untold": "inconnue",
            "leftover": "reste du jour {day}",
            "shopping": "Liste de courses",
            "buy": "à acheter",
            "days": "jours",
            "staples": "Aliments de base, presque tous les jours : {names}",
            "MODEL": "choisi par le modèle",
            "PLANNER": "choisi par le planificateur",
            "UNSPECIFIED": "d'origine inconnue",
            "tokens": "{count} tokens en {seconds} s",
            "candidates": "le meilleur de {count} textes",
            "figure": "donnée",
            "value": "valeur",
            "bmi": "IMC",
            "bmr": "énergie au repos",
            "tdee": "énergie dépensée par jour",
            "target": "énergie à manger par jour",
            "change": "variation du poids par semaine",
            "goal": "objectif",
            "pulse_highest": "fréquence cardiaque maximale",
            "pulse": "fréquence cardiaque en zone {number}",
            "water": "eau",
            "protein": "protéines",
            "carbohydrate": "glucides",
            "fat": "lipides",
            "fibre": "fibres",
            "excluded": "écarté",
            "why": "pourquoi",
            "rule": "règle",
            "formula": "formule",
            "overrides": "Fixé par le coach : {names}",
        },
        "dish": {
            "porridge": "Porridge aux fruits",
            "overnight_oats": "Flocons d'avoine au yaourt, préparés la veille",
            "bircher": "Bircher müesli",
            "muesli_bowl": "{first}, {second} et fruit",
            "cereal_bowl": "{first}, {second} et fruit",
            "yogurt_bowl": "Yaourt, fruits, noix et graines",
            "smoothie": "Smoothie aux fruits et à l'avoine",
            "protein_oats": "Porridge protéiné aux fruits",
            "chia_pudding": "Pudding de chia aux fruits",
            "silken_tofu_bowl": "Tofu soyeux aux fruits et céréales",
            "nut_butter_toast": "{first}, {second} et {third}",
            "tartines": "Tartines beurrées et fruit",
            "fruit_juice_breakfast": "Petit-déjeuner continental avec jus de fruit",
            "avocado_toast_egg": "Tartine d'avocat et œuf",
            "avocado_toast": "Tartine d'avocat et tomates",
            "scrambled_eggs_toast": "Œufs brouillés et tartines",
            "boiled_eggs_toast": "Œufs à la coque, tartines et fruit",
            "omelette_breakfast": "Omelette aux légumes et pain",
            "bacon_eggs": "Œufs au bacon et pain grillé",
            "veggie_english": "Petit-déjeuner anglais végétarien",
            "beans_on_toast": "Haricots blancs à la tomate sur pain grillé",
            "salmon_bagel": "Bagel au saumon fumé",
            "muffin_eggs": "Muffin anglais, œufs pochés et épinards",
            "ham_cheese_bread": "Pain, jambon, fromage et tomate",
            "cheese_bread": "Pain, fromage, tomate et fruit",
            "fresh_cheese_toast": "{first}, {second} et {third}",
            "turkish_breakfast": "Petit-déjeuner turc",
            "hummus_pita": "Pita, houmous et crudités",
            "ful_breakfast": "Foul : fèves et pain",
            "shakshuka": "Chakchouka et pain",
            "tofu_scramble": "Brouillade de tofu et tartines",
            "pancakes": "Pancakes, fruits et yaourt",
            "breakfast_burrito": "Burrito du matin",
            "huevos_rancheros": "Huevos rancheros",
            "grilled_chicken_plate": "{first}, {second} et {third}",
            "roast_chicken_dinner": "Poulet rôti, pommes de terre et légumes",
            "chicken_mushroom": "{first} aux champignons",
            "steak_dinner": "Steak, pommes de terre et légumes verts",
            "beef_stew": "Bœuf mijoté aux carottes",
            "veal_plate": "Escalope de veau et légumes",
            "duck_plate": "Magret de canard, pommes de terre et légumes",
            "rabbit_mustard": "Lapin à la moutarde",
            "pork_lentils": "Porc aux lentilles et carottes",
            "sausage_lentils": "Saucisses aux lentilles",
            "choucroute": "Choucroute garnie",
            "pork_plate": "Porc, pommes de terre et légumes",
            "goulash": "Goulasch aux poivrons",
            "venison_plate": "Chevreuil, chou rouge et pommes de terre",
            "liver_plate": "Foie de veau, purée et légumes",
            "potatoes_quark": "Pommes de terre au fromage blanc et salade",
            "white_fish_plate": "{first}, {second} et {third}",
            "salmon_plate": "{first}, {second} et {third}",
            "salmon_lentils": "Saumon aux lentilles",
            "herring_potatoes": "{first} et pommes de terre",
            "open_sandwich": "Tartine nordique",
            "nicoise": "Salade niçoise",
            "mussels": "Moules et {second}",
            "scallops": "Saint-Jacques et {third}",
            "oysters": "Huîtres, pain de seigle et salade",
            "omelette_salad": "Omelette et salade",
            "eggs_ratatouille": "Ratatouille et œufs",
            "goat_cheese_salad": "Salade de chèvre chaud",
            "roquefort_salad": "Salade au roquefort, poire et noix",
            "lentil_salad": "Salade de lentilles",
            "ham_plate": "Jambon et {second}",
            "ham_sandwich": "Sandwich au jambon et crudités",
            "chicken_sandwich": "Sandwich, {second}",
            "tuna_sandwich": "Sandwich au thon",
            "egg_sandwich": "Sandwich aux œufs et crudités",
            "cheese_sandwich": "Sandwich au fromage et crudités",
            "hummus_wrap": "Wrap au houmous",
            "ploughman": "Assiette fromage, pain et pomme",
            "roast_beef_dinner": "Rosbif, pommes de terre et légumes",
            "roast_lamb_dinner": "Agneau rôti et légumes",
            "jacket_beans": "Pomme de terre au four et haricots à la tomate",
            "jacket_tuna": "Pomme de terre au four et thon",
            "jacket_cottage_cheese": "Pomme de terre au four, cottage cheese et salade",
            "sausage_mash": "Saucisses-purée",
            "fish_and_peas": "Poisson, pommes de terre et petits pois",
            "cottage_pie": "Hachis parmentier",
            "lentil_cottage_pie": "Parmentier, {first}",
            "pulse_soup": "Soupe, {first} et pain",
            "tomato_soup_toast": "Soupe de tomate et tartine",
            "minestrone": "Minestrone",
            "barley_soup": "Potage d'orge aux légumes",
            "burger": "Burger et crudités",
            "veggie_burger_plate": "Galette végétale, pommes de terre et salade",
            "mycoprotein_plate": "Mycoprotéine, {second} et {third}",
            "caesar": "Salade César au poulet",
            "bolognese": "Pâtes bolognaise",
            "lentil_bolognese": "Bolognaise, {second}",
            "pesto_pasta": "Pâtes au pesto et légumes",
            "tuna_pasta": "Pâtes au thon et à la tomate",
            "anchovy_pasta": "Pâtes, {second} et {third}",
            "seafood_pasta": "Pâtes, {second} et {third}",
            "salmon_pasta": "Pâtes, {second} et {third}",
            "ricotta_pasta": "{first}, {second} et {third}",
            "gnocchi_tomato": "Gnocchis à la tomate et au fromage",
            "pasta_fagioli": "Pâtes aux haricots blancs ou pois chiches",
            "polenta_mushroom": "Polenta aux champignons",
            "polenta_stew": "Polenta et {second}",
            "risotto": "Risotto aux légumes",
            "caprese": "Salade tomates-mozzarella et pain",
            "ham_melon": "Jambon, melon, mozzarella et pain",
            "chicken_ratatouille": "Poulet aux légumes du soleil",
            "grilled_fish_south": "{first}, {second} et {third}",
            "fish_and_beans": "{first} et {second}",
            "paella": "Paella",
            "tortilla_espanola": "Tortilla espagnole et salade",
            "chickpeas_spinach": "Pois chiches aux épinards",
            "squid_peppers": "{first} aux poivrons",
            "greek_salad": "Salade grecque et pain",
            "souvlaki": "Souvlaki et crudités",
            "moussaka": "Moussaka",
            "stuffed_peppers": "Poivrons farcis",
            "falafel_pita": "Falafels et crudités",
            "couscous_royal": "Couscous à la viande et aux légumes",
            "vegetable_couscous": "Couscous aux légumes et pois chiches",
            "tagine": "Tajine, {first} et {fourth}",
            "fish_tagine": "Tajine de poisson",
            "tabbouleh": "Taboulé",
            "mujaddara": "Moujaddara : lentilles et riz",
            "kofta": "Kefta, céréales et crudités",
            "halloumi_plate": "Halloumi et légumes grillés",
            "aubergine_chickpea": "Aubergines aux pois chiches",
            "ful_main": "Fèves et {second}",
            "dal": "Dal, riz et légumes",
            "chana_masala": "Curry de pois chiches et riz",
            "rajma": "Curry de haricots rouges et riz",
            "chicken_curry": "Curry de poulet et riz",
            "tandoori": "Tandoori, riz et yaourt",
            "lamb_curry": "{first} en curry et riz",
            "fish_curry": "{first} en curry et riz",
            "paneer_curry": "Curry de paneer et riz",
            "tofu_curry": "{first} en curry et riz",
            "egg_curry": "Curry d'œufs et riz",
            "aloo_gobi": "Curry de pommes de terre et chou-fleur, {third}",
            "chicken_stir_fry": "{first} au wok",
            "beef_stir_fry": "{first} au wok",
            "tofu_stir_fry": "{first} au wok",
            "prawn_stir_fry": "{first} au wok",
            "pad_thai": "Pad thaï",
            "fried_rice": "Riz sauté aux légumes",
            "steamed_fish": "{first} vapeur, {second} et {third}",
            "salmon_bowl": "Bol japonais, {first}",
            "sashimi_bowl": "Bol de riz et sashimi",
            "sushi_bowl": "Bol façon sushi à l'avocat",
            "soba_bowl": "Bol de nouilles soba",
            "bibimbap": "Bibimbap",
            "noodle_soup": "Soupe de nouilles asiatique",
            "chilli": "Chili con carne et riz",
            "bean_chilli": "Chili végétarien",
            "burrito_bowl": "Burrito bowl",
            "fajitas": "Fajitas, {first}",
            "fish_tacos": "Tacos, {first}",
            "bean_tacos": "Tacos aux haricots",
            "quesadilla": "Quesadilla aux légumes",
            "rice_beans_plantain": "Riz aux haricots",
            "ropa_vieja": "{first} à la cubaine",
            "chicken_cassava": "{first}, {second} et {third}",
            "jollof": "Riz jollof, {second}",
            "peanut_stew": "Mafé, {first}",
            "millet_lentils": "Ragoût de lentilles et millet",
            "quinoa_black_bean": "Salade de quinoa et haricots noirs",
            "grain_bowl": "Bol de céréales et légumes",
            "buddha_bowl": "Buddha bowl",
            "spelt_salad": "Salade méditerranéenne, {first}",
            "lupin_salad": "Salade de lupin",
            "buckwheat_mushroom": "Sarrasin aux champignons",
            "tuna_bean_salad": "Salade, {first} et {second}",
            "prawn_avocado": "Salade d'avocat, {first}",
            "turkey_dinner": "Dinde, patate douce et légumes verts",
            "turkey_meatballs": "Boulettes à la sauce tomate",
            "seitan_plate": "{first}, {second} et {third}",
            "tofu_plate": "{first}, {second} et {third}",
            "fruit_nuts": "{first} et {second}",
            "yogurt_fruit": "Yaourt et fruit",
            "cottage_cheese_fruit": "Fromage frais et fruit",
            "apple_nut_butter": "{first} et {second}",
            "celery_nut_butter": "{first} et {second}",
            "crudites_dip": "Bâtonnets de légumes et sauce",
            "cheese_crackers": "{first}, {second} et {third}",
            "camembert_bread": "{first}, {second} et {third}",
            "crisp_nut_butter": "{first}, {second} et {third}",
            "ham_bread": "Pain, jambon et concombre",
            "salmon_crispbread": "Pain croustillant au saumon fumé",
            "hummus_bread": "Pain, houmous et crudités",
            "egg_veg": "Œuf dur et crudités",
            "edamame": "Edamames et {second}",
            "milk_biscuits": "Lait, biscuits à l'avoine et fruit",
            "milk_fruit": "Lait frappé aux fruits",
            "protein_shake": "Boisson protéinée et fruit",
            "milk_dried_fruit": "Lait et fruits secs",
            "trail_mix": "Fruits à coque et fruits secs",
            "yogurt_granola": "Yaourt au granola",
            "applesauce_yogurt": "Compote de pommes et {second}",
            "chocolate_fruit": "Chocolat et fruit",
            "cereal_bar_fruit": "Barre de céréales et fruit",
            "rice_pudding_fruit": "Riz au lait et fruits",
            "sorbet_fruit": "Sorbet et fruits",
            "tiramisu_fruit": "Tiramisu et fruits rouges",
            "hot_chocolate_snack": "Chocolat chaud et {second}",
            "olives_cheese": "Olives, fromage et crudités",
            "mozzarella_tomato": "Mozzarella et tomates cerises",
            "surimi_snack": "Surimi et crudités",
            "vegetable_juice_nuts": "Jus de légumes et {second}",
            "coconut_water_fruit": "{first} et {second}",
            "juice_nuts": "Jus de pomme et {second}",
            "silken_tofu_fruit": "Tofu soyeux et fruit",
        },
    },
    phrases={
        "Share your protein out evenly over your {meals}, without adding any.": (
            "Répartissez vos protéines également sur vos {meals}, sans en ajouter."
        ),
        "Stop eating when you are no longer hungry.": ("Arrêtez-vous quand vous n'avez plus faim."),
        "Add one snack to the day, always at the same hour.": (
            "Ajoutez une collation à la journée, toujours à la même heure."
        ),
        "Decide on the protein first, then on the rest of the plate.": (
            "Choisissez d'abord les protéines, puis le reste de l'assiette."
        ),
        "Keep a source of protein at home for busy days.": (
            "Gardez à la maison une source de protéines pour les jours chargés."
        ),
        "Add a few minutes a week before you add speed.": (
            "Ajoutez quelques minutes par semaine avant d'ajouter de la vitesse."
        ),
        "Plan your {meals} the day before, so that hunger does not choose.": (
            "Prévoyez vos {meals} la veille, pour que la faim ne choisisse pas."
        ),
        "Note what you eat for one week, then change one meal.": (
            "Notez ce que vous mangez pendant une semaine, puis changez un repas."
        ),
        "Keep to your {meals} a day, even when the day is full.": (
            "Tenez vos {meals} par jour, même quand la journée est chargée."
        ),
        "Decide on your {meals} before you go shopping.": (
            "Décidez de vos {meals} avant de faire les courses."
        ),
        "Put a source of protein into each of your {meals}.": (
            "Mettez une source de protéines dans chacun de vos {meals}."
        ),
        "Raise fibre little by little over two weeks.": (
            "Augmentez les fibres peu à peu, sur deux semaines."
        ),
        "Eat vegetables at each meal, in more than one colour.": (
            "Mangez des légumes à chaque repas, de plus d'une couleur."
        ),
        "Drink through the day, a little at a time.": ("Buvez tout au long de la journée, un peu à la fois."),
        "Have something to drink before and after each session.": (
            "Buvez un peu avant et après chaque séance."
        ),
        "Keep easy cardio so easy that you can talk in whole sentences.": (
            "Gardez le cardio facile assez lent pour parler par phrases entières."
        ),
        "Push the hard minutes, then slow down until you can talk again.": (
            "Poussez les minutes dures, puis ralentissez jusqu'à pouvoir reparler."
        ),
        "Stay where you can talk in whole sentences, no harder.": (
            "Restez là où vous pouvez parler par phrases entières, pas plus dur."
        ),
        "Slow down as soon as you feel unwell, and stop if it does not pass.": (
            "Ralentissez dès que vous vous sentez mal, et arrêtez si cela ne passe pas."
        ),
        "Keep cardio at {easy}, no harder.": ("En cardio, restez à {easy}, pas plus."),
        "Do your cardio at {easy}, able to talk.": ("Faites votre cardio à {easy}, en pouvant parler."),
        "If the scale stops for three weeks, look at portions first.": (
            "Si la balance stagne trois semaines, regardez d'abord les portions."
        ),
        "If the scale stops for three weeks, add a snack.": (
            "Si la balance stagne trois semaines, ajoutez une collation."
        ),
        "Weigh yourself once a week, at the same hour.": (
            "Pesez-vous une fois par semaine, à la même heure."
        ),
        "Judge the scale by a month, not by a day.": ("Jugez la balance sur un mois, pas sur un jour."),
        "Add repetitions first, then weight, over {sessions} a week.": (
            "Ajoutez des répétitions, puis du poids, sur {sessions} par semaine."
        ),
        "Add weight once every set feels solid, {sessions} a week.": (
            "Ajoutez du poids quand la forme est solide, {sessions} par semaine."
        ),
        "Take one easy week a month, even at {sessions} a week.": (
            "Prenez une semaine facile par mois, même à {sessions} par semaine."
        ),
        "Write down {sessions} a week and improve one set.": (
            "Notez {sessions} par semaine et améliorez une série."
        ),
        "Use {rest} a week to walk and stretch.": "Gardez {rest} par semaine pour marcher et vous étirer.",
        "Leave a day between hard sessions for the same muscles.": (
            "Laissez un jour entre deux séances dures des mêmes muscles."
        ),
        "Take an easy day when your sleep or mood gets worse.": (
            "Prenez un jour facile quand le sommeil ou le moral baisse."
        ),
        "Sleep seven to nine hours, muscle recovers at night.": (
            "Dormez sept à neuf heures, le muscle récupère la nuit."
        ),
        "Sleep eight to ten hours, you grow at night.": (
            "Dormez huit à dix heures, vous grandissez la nuit."
        ),
        "Go to bed at the same time, even on weekends.": "Couchez-vous à la même heure, même le week-end.",
        "Keep screens out of bed and your room dark.": (
            "Gardez les écrans hors du lit et la chambre sombre."
        ),
        "Fix {sessions} a week in the calendar like an appointment.": (
            "Fixez {sessions} par semaine dans l'agenda comme un rendez-vous."
        ),
        "Train after something you already do each day.": (
            "Entraînez-vous après un geste que vous faites chaque jour."
        ),
        "Learn each movement slowly before you add weight.": (
            "Apprenez chaque mouvement lentement avant d'ajouter du poids."
        ),
        "Stop a set when your form breaks.": "Arrêtez la série quand la forme se dégrade.",
        "Stay in a range free of pain and spare your {part}.": (
            "Restez dans une amplitude sans douleur et ménagez votre {part}."
        ),
        "Leave half an hour for {the_meal}, your largest meal: {dish}.": (
            "Gardez une demi-heure pour {the_meal}, votre repas le plus copieux : {dish}."
        ),
        "Serve {the_meal} in the kitchen and put the rest away: {dish}.": (
            "Servez {the_meal} dans la cuisine et rangez le reste : {dish}."
        ),
        "However busy the day, do not make {the_meal} smaller: {dish}.": (
            "Même les jours chargés, ne réduisez pas {the_meal} : {dish}."
        ),
        "If you eat out at noon, look for something like your lunch: {dish}.": (
            "Si vous mangez dehors à midi, cherchez un plat proche de votre déjeuner : {dish}."
        ),
        "{meal_opening}, keep the protein ({food}) or swap it for another source.": (
            "{meal_opening}, gardez les protéines ({food}) ou prenez-en une autre source."
        ),
        "If time is short {at_meal}, save the protein first ({food}).": (
            "Si le temps manque {at_meal}, gardez d'abord les protéines ({food})."
        ),
        "{meal_opening}, keep the fibre ({food}) even when time is short.": (
            "{meal_opening}, gardez les fibres ({food}), même si le temps manque."
        ),
        "If you are still hungry {at_meal}, take more of the vegetables ({food}).": (
            "Si vous avez encore faim {at_meal}, reprenez des légumes ({food})."
        ),
        "Keep a bottle of water beside you on {day}, your longest session.": (
            "Gardez une bouteille d'eau près de vous le {day}, votre plus longue séance."
        ),
        "On your training days ({days}), fill your bottle before you begin.": (
            "Les jours de séance ({days}), remplissez votre gourde avant de commencer."
        ),
        "{day}, {name}: {minutes} minutes at a pace at which you can still talk.": (
            "{day}, {name} : {minutes} minutes à une allure où vous pouvez encore parler."
        ),
        "{day}, {name}: begin slower than you would like to.": (
            "{day}, {name} : partez plus lentement que vous n'en avez envie."
        ),
        "{day}, {name}: short sentences only while you work, then easy minutes.": (
            "{day}, {name} : des phrases courtes pendant l'effort, puis des minutes faciles."
        ),
        "{day}, {name}: warm up slowly, your airways need longer.": (
            "{day}, {name} : échauffez-vous lentement, il faut plus de temps à vos bronches."
        ),
        "Walk for ten minutes after {the_meal}, the meal with the most carbohydrate.": (
            "Marchez dix minutes après {the_meal}, le repas le plus riche en glucides."
        ),
        "{day}, {lift}: once {work} feels easy, take the next weight.": (
            "{day}, {lift} : quand {work} devient facile, passez à la charge suivante."
        ),
        "{day}, {lift}: note each set, so that you know where to begin next week.": (
            "{day}, {lift} : notez chaque série, pour savoir où reprendre la semaine suivante."
        ),
        "{day}, {lift}: stay at {work} until every repetition looks the same.": (
            "{day}, {lift} : restez à {work} jusqu'à ce que toutes les répétitions se ressemblent."
        ),
        "{day}, {lift}: end each set while {reserve} more repetitions are possible.": (
            "{day}, {lift} : finissez chaque série quand {reserve} répétitions restent possibles."
        ),
        "Week {week} of your programme is lighter on purpose, so do not make up for it.": (
            "La semaine {week} du programme est plus légère exprès : ne la compensez pas."
        ),
        "Take it easy the day after {day}, your hardest session.": (
            "Le lendemain du {day}, votre séance la plus dure, restez tranquille."
        ),
        "{day}, {lift}: rest {rest} seconds between sets, longer if you still pant.": (
            "{day}, {lift} : reposez-vous {rest} secondes entre les séries, plus si vous soufflez encore."
        ),
        "{day}, to finish: {name}, without force and breathing calmly.": (
            "{day}, pour finir : {name}, sans forcer, en respirant calmement."
        ),
        "Go to bed early the night before {day}, your hardest session.": (
            "Couchez-vous tôt la veille du {day}, votre séance la plus dure."
        ),
        "Put {days} in your calendar like any appointment.": (
            "Notez {days} dans votre agenda, comme tout rendez-vous."
        ),
        "Lay out your things the evening before {day}, your longest session.": (
            "Préparez vos affaires la veille du {day}, votre plus longue séance."
        ),
        "Check the evening before that you have everything for lunch: {dish}.": (
            "Vérifiez la veille que vous avez tout pour le déjeuner : {dish}."
        ),
        "{meal_opening}, add no salt, there is enough in it already ({food}).": (
            "{meal_opening}, n'ajoutez pas de sel, il y en a déjà assez ({food})."
        ),
        "Your day of eating is a little low in {nutrient}, so alternate it with another.": (
            "Votre journée de repas est un peu pauvre en {nutrient} : alternez-la avec une autre."
        ),
        "{day}, {lift}: begin with a light set to find the movement.": (
            "{day}, {lift} : commencez par une série légère pour retrouver le geste."
        ),
        "{day}, {lift}: film one set from the side and compare it with the plan's cue.": (
            "{day}, {lift} : filmez une série de côté et comparez-la à la consigne du plan."
        ),
        "{day}, {lift}: if your {part} hurts, shorten the range or ask for another exercise.": (
            "{day}, {lift} : si votre {part} vous fait mal, réduisez l'amplitude ou changez d'exercice."
        ),
        "{day}, {lift}: breathe out on the effort and never hold your breath.": (
            "{day}, {lift} : soufflez à l'effort, sans jamais bloquer la respiration."
        ),
        "{day}, {lift}: move slowly, without jerks and without rounding your back.": (
            "{day}, {lift} : bougez lentement, sans à-coups et sans arrondir le dos."
        ),
        "{day}, {name}: keep a wall or a chair within reach.": (
            "{day}, {name} : gardez un mur ou une chaise à portée de main."
        ),
    },
    exercises={
        "air_squat": "squat sans charge",
        "chair_squat": "lever de chaise",
        "goblet_squat": "squat goblet",
        "back_squat": "squat barre",
        "front_squat": "squat avant",
        "box_squat": "squat sur box",
        "hack_squat": "hack squat",
        "leg_press": "presse à cuisses",
        "smith_squat": "squat à la barre guidée",
        "kettlebell_squat": "squat kettlebell",
        "sumo_squat": "squat sumo",
        "band_squat": "squat avec élastique",
        "strap_squat": "squat aux sangles",
        "ball_squat": "squat au mur avec ballon",
        "pistol_squat": "squat sur une jambe",
        "wall_sit": "chaise contre le mur",
        "deadlift": "soulevé de terre",
        "sumo_deadlift": "soulevé de terre sumo",
        "romanian_deadlift": "soulevé de terre roumain",
        "dumbbell_deadlift": "soulevé de terre haltères",
        "kettlebell_deadlift": "soulevé de terre kettlebell",
        "single_leg_deadlift": "soulevé de terre une jambe",
        "kettlebell_swing": "balancé kettlebell",
        "good_morning": "flexion du buste à la barre",
        "band_good_morning": "flexion du buste à l'élastique",
        "cable_pull_through": "tirage entre les jambes",
        "back_extension": "extension lombaire",
        "hip_thrust": "poussée de hanches",
        "dumbbell_hip_thrust": "poussée de hanches haltère",
        "glute_bridge": "pont fessier",
        "single_leg_bridge": "pont sur une jambe",
        "ball_bridge": "pont sur ballon",
        "hip_hinge": "charnière de hanche",
        "superman": "superman",
        "power_clean": "épaulé barre",
        "lunge": "fente",
        "reverse_lunge": "fente arrière",
        "side_lunge": "fente latérale",
        "curtsy_lunge": "fente croisée",
        "dumbbell_lunge": "fente haltères",
        "walking_lunge": "fente marchée",
        "barbell_lunge": "fente barre",
        "split_squat": "squat fendu",
        "bulgarian_squat": "squat bulgare",
        "kettlebell_lunge": "fente kettlebell",
        "strap_lunge": "fente aux sangles",
        "band_lunge": "fente élastique",
        "step_up": "montée sur marche",
        "dumbbell_step_up": "montée sur box haltères",
        "push_up": "pompe",
        "knee_push_up": "pompe sur les genoux",
        "wide_push_up": "pompe large",
        "wall_push_up": "pompe au mur",
        "diamond_push_up": "pompe diamant",
        "archer_push_up": "pompe archer",
        "incline_push_up": "pompe inclinée",
        "decline_push_up": "pompe déclinée",
        "strap_push_up": "pompe aux sangles",
        "ball_push_up": "pompe sur ballon",
        "bench_press": "développé couché",
        "dumbbell_press": "développé couché haltères",
        "incline_press": "développé incliné",
        "incline_dumbbell_press": "développé incliné haltères",
        "close_grip_press": "développé prise serrée",
        "floor_press": "développé au sol",
        "kettlebell_floor_press": "développé au sol kettlebell",
        "chest_press": "presse pectoraux",
        "cable_press": "développé à la poulie",
        "band_press": "développé élastique",
        "chest_pass": "passe de poitrine",
        "machine_dip": "dips à la machine",
        "bench_dip": "dips sur banc",
        "overhead_press": "développé militaire",
        "push_press": "développé avec élan",
        "shoulder_press": "développé épaules haltères",
        "seated_press": "développé assis haltères",
        "arnold_press": "développé Arnold",
        "machine_press": "presse épaules",
        "kettlebell_press": "développé kettlebell",
        "band_shoulder_press": "développé épaules élastique",
        "pike_push_up": "pompe piquée",
        "plank_push_up": "planche commando",
        "handstand_push_up": "pompe en équilibre",
        "barbell_row": "rowing barre",
        "t_bar_row": "rowing barre en T",
        "inverted_row": "rowing inversé",
        "dumbbell_row": "rowing haltère",
        "bench_row": "rowing appuyé sur banc",
        "renegade_row": "rowing en planche",
        "kettlebell_row": "rowing kettlebell",
        "cable_row": "rowing poulie",
        "machine_row": "rowing machine",
        "band_row": "rowing élastique",
        "strap_row": "rowing aux sangles",
        "towel_row": "rowing serviette",
        "snow_angel": "ange inversé",
        "pull_up": "traction pronation",
        "chin_up": "traction supination",
        "wide_pull_up": "traction large",
        "negative_pull_up": "traction négative",
        "band_pull_up": "traction assistée élastique",
        "assisted_pull_up": "traction à la machine",
        "muscle_up": "muscle-up",
        "lat_pulldown": "tirage vertical",
        "close_pulldown": "tirage vertical serré",
        "machine_pulldown": "tirage vertical machine",
        "band_pulldown": "tirage vertical élastique",
        "towel_pulldown": "tirage vertical serviette",
        "plank": "planche",
        "knee_plank": "planche sur les genoux",
        "side_plank": "planche latérale",
        "strap_plank": "planche aux sangles",
        "hollow_hold": "gainage creux",
        "dead_bug": "dead bug",
        "bird_dog": "bird dog",
        "toe_tap": "toucher d'orteils allongé",
        "crunch": "relevé de buste",
        "reverse_crunch": "relevé de bassin",
        "bicycle_crunch": "crunch vélo",
        "standing_crunch": "crunch debout",
        "sit_up": "redressement assis",
        "v_up": "relevé en V",
        "leg_raise": "relevé de jambes",
        "knee_raise": "relevé de genoux suspendu",
        "hanging_leg_raise": "relevé de jambes suspendu",
        "russian_twist": "rotation russe",
        "heel_tap": "toucher de talons",
        "shoulder_tap": "toucher d'épaules",
        "cable_crunch": "crunch à la poulie",
        "wood_chop": "bûcheron à la poulie",
        "pallof_press": "développé Pallof",
        "band_pallof_press": "développé Pallof élastique",
        "machine_crunch": "crunch à la machine",
        "ball_crunch": "crunch sur ballon",
        "ball_rollout": "déroulé sur ballon",
        "ball_twist": "rotation avec médecine-ball",
        "pelvic_tilt": "bascule du bassin debout",
        "farmer_carry": "marche du fermier",
        "kettlebell_carry": "marche avec kettlebells",
        "suitcase_carry": "marche valise",
        "overhead_carry": "marche bras levés",
        "dumbbell_fly": "écarté haltères",
        "cable_fly": "écarté à la poulie",
        "pec_deck": "écarté à la machine",
        "lateral_raise": "élévation latérale",
        "front_raise": "élévation frontale",
        "cable_raise": "élévation latérale poulie",
        "band_raise": "élévation latérale élastique",
        "cable_pushdown": "extension triceps poulie",
        "band_pushdown": "extension triceps élastique",
        "triceps_extension": "extension triceps haltère",
        "triceps_kickback": "extension triceps arrière",
        "triceps_machine": "machine à triceps",
        "skull_crusher": "barre au front",
        "floor_dip": "dips au sol",
        "dumbbell_curl": "curl haltères",
        "hammer_curl": "curl marteau",
        "concentration_curl": "curl concentré",
        "barbell_curl": "curl barre",
        "cable_curl": "curl à la poulie",
        "preacher_curl": "curl au pupitre",
        "band_curl": "curl élastique",
        "kettlebell_curl": "curl kettlebell",
        "strap_curl": "curl aux sangles",
        "towel_curl": "curl serviette",
        "face_pull": "tirage visage",
        "band_pull_apart": "écarté arrière à l'élastique",
        "reverse_fly": "oiseau haltères",
        "reverse_pec_deck": "oiseau à la machine",
        "strap_fly": "oiseau aux sangles",
        "dumbbell_pullover": "pull-over haltère",
        "straight_arm_pulldown": "tirage bras tendus",
        "dumbbell_shrug": "haussement d'épaules",
        "upright_row": "tirage menton",
        "wrist_curl": "flexion des poignets",
        "external_rotation": "rotation externe élastique",
        "prone_raise": "élévation en Y au sol",
        "leg_extension": "extension de jambes",
        "leg_curl": "flexion de jambes",
        "seated_leg_curl": "flexion de jambes assis",
        "band_leg_curl": "flexion de jambes élastique",
        "ball_leg_curl": "flexion de jambes ballon",
        "strap_leg_curl": "flexion de jambes sangles",
        "hamstring_walkout": "marche en pont",
        "nordic_curl": "curl nordique",
        "seated_leg_lift": "extension de jambe assise",
        "calf_raise": "élévation des mollets",
        "single_leg_calf_raise": "élévation du mollet sur une jambe",
        "dumbbell_calf_raise": "mollets haltères",
        "machine_calf_raise": "mollets à la machine",
        "seated_calf_raise": "mollets assis",
        "cable_kickback": "extension de hanche poulie",
        "donkey_kick": "ruade",
        "fire_hydrant": "abduction à quatre pattes",
        "clam_shell": "coquillage",
        "side_leg_raise": "élévation latérale de jambe",
        "hip_abduction": "abduction à la machine",
        "hip_adduction": "adduction à la machine",
        "band_side_step": "pas chassés élastique",
        "shadow_boxing": "boxe dans le vide",
        "butt_kick": "talons-fesses",
        "jumping_jack": "jumping jack",
        "high_knees": "montées de genoux",
        "mountain_climber": "grimpeur",
        "step_jack": "jack pas à pas",
        "jump_rope": "corde à sauter",
        "double_under": "double saut à la corde",
        "skater": "patineur",
        "standing_march": "marche sur place",
        "seated_march": "marche assise",
        "bear_crawl": "marche de l'ours",
        "inchworm": "chenille",
        "squat_thrust": "flexion-extension au sol",
        "burpee": "burpee",
        "jump_squat": "squat sauté",
        "jump_lunge": "fente sautée",
        "tuck_jump": "saut groupé",
        "box_jump": "saut sur box",
        "dumbbell_thruster": "thruster haltères",
        "dumbbell_snatch": "arraché haltère",
        "kettlebell_clean": "épaulé kettlebell",
        "kettlebell_snatch": "arraché kettlebell",
        "ball_slam": "lancer de médecine-ball au sol",
        "wall_ball": "lancer de médecine-ball au mur",
        "walking": "marche",
        "brisk_walking": "marche rapide",
        "jogging": "footing",
        "running": "course à pied",
        "sprints": "sprints fractionnés",
        "stair_climbing": "montée d'escaliers",
        "dance": "danse",
        "step_aerobics": "step",
        "treadmill_walk": "marche sur tapis",
        "incline_walk": "marche inclinée",
        "treadmill_run": "course sur tapis",
        "cycling": "vélo d'appartement",
        "bike_intervals": "fractionné vélo",
        "rowing": "rameur",
        "rowing_intervals": "fractionné rameur",
        "elliptical": "vélo elliptique",
        "elliptical_intervals": "fractionné elliptique",
        "gentle_flow": "yoga doux",
        "sun_salutation": "salutation au soleil",
        "power_flow": "power yoga",
        "warrior_pose": "posture du guerrier",
        "warrior_three": "guerrier trois",
        "tree_pose": "posture de l'arbre",
        "mountain_pose": "posture de la montagne",
        "chair_pose": "posture de la chaise",
        "goddess_pose": "posture de la déesse",
        "triangle_pose": "posture du triangle",
        "half_moon": "posture de la demi-lune",
        "low_lunge": "fente basse",
        "downward_dog": "chien tête en bas",
        "cobra_pose": "posture du cobra",
        "bridge_pose": "posture du pont",
        "boat_pose": "posture du bateau",
        "camel_pose": "posture du chameau",
        "pigeon_pose": "posture du pigeon",
        "child_pose": "posture de l'enfant",
        "cat_cow": "chat-vache",
        "seated_fold": "flexion avant assise",
        "seated_twist": "torsion assise",
        "chaturanga": "chaturanga",
        "crow_pose": "posture du corbeau",
        "headstand": "équilibre sur la tête",
        "shoulder_stand": "chandelle",
        "breathing": "respiration profonde",
        "shoulder_roll": "rotation des épaules",
        "arm_circle": "cercles de bras",
        "wall_slide": "glissé de bras au mur",
        "chest_stretch": "étirement pectoral",
        "back_rotation": "rotation du dos",
        "neck_stretch": "étirement du cou",
        "hamstring_stretch": "étirement des ischio-jambiers",
        "quad_stretch": "étirement des quadriceps",
        "hip_stretch": "étirement de hanche",
        "calf_stretch": "étirement des mollets",
        "ankle_circle": "cercles de cheville",
        "hip_circle": "cercles de hanche",
        "leg_swing": "balancé de jambe",
        "parallel_dip": "dips aux barres parallèles",
        "pendlay_row": "rowing Pendlay",
        "trap_bar_deadlift": "soulevé de terre trap bar",
        "ab_wheel": "roue abdominale",
        "overhead_cable_extension": "extension triceps au-dessus de la tête à la poulie",
        "incline_curl": "curl incliné",
        "calf_press": "extension mollets à la presse",
        "sled_push": "poussée de traîneau",
        "easy_run": "footing facile",
        "long_run": "sortie longue",
        "run_walk": "course et marche alternées",
        "tempo_run": "course au seuil",
        "run_intervals": "fractionné en course",
        "weight_shift": "transfert d'appui",
        "tandem_stand": "équilibre pieds en ligne",
        "supported_leg_stand": "équilibre sur une jambe avec appui",
        "heel_toe_walk": "marche talon-pointe",
        "side_walk": "marche latérale",
        "backward_walk": "marche arrière",
        "leg_stand": "équilibre sur une jambe",
        "clock_reach": "pointés d'horloge sur une jambe",
    },
    foods={
        "rolled_oats": "flocons d'avoine",
        "muesli": "muesli",
        "granola": "granola",
        "cornflakes": "corn flakes",
        "bran_flakes": "pétales de son",
        "puffed_rice": "riz soufflé",
        "oat_bran": "son d'avoine",
        "quinoa_flakes": "flocons de quinoa",
        "buckwheat_flakes": "flocons de sarrasin",
        "wholemeal_bread": "pain complet",
        "white_bread": "pain blanc",
        "rye_bread": "pain de seigle",
        "sourdough_bread": "pain au levain",
        "baguette": "baguette",
        "pita_bread": "pain pita",
        "wheat_tortilla": "tortilla de blé",
        "corn_tortilla": "tortilla de maïs",
        "gluten_free_bread": "pain sans gluten",
        "bagel": "bagel",
        "english_muffin": "muffin anglais",
        "rice_cakes": "galettes de riz soufflé",
        "corn_cakes": "galettes de maïs",
        "crispbread": "pain suédois croquant",
        "pancakes": "pancakes",
        "white_rice": "riz blanc",
        "brown_rice": "riz complet",
        "basmati_rice": "riz basmati",
        "wild_rice": "riz sauvage",
        "pasta": "pâtes",
        "wholemeal_pasta": "pâtes complètes",
        "egg_noodles": "nouilles aux œufs",
        "rice_noodles": "nouilles de riz",
        "soba_noodles": "nouilles soba",
        "couscous": "couscous",
        "bulgur": "boulgour",
        "quinoa": "quinoa",
        "buckwheat": "sarrasin",
        "millet": "millet",
        "pearl_barley": "orge perlé",
        "polenta": "polenta",
        "spelt": "épeautre",
        "boiled_potatoes": "pommes de terre à l'eau",
        "baked_potato": "pomme de terre au four",
        "mashed_potatoes": "purée de pommes de terre",
        "sweet_potato": "patate douce",
        "cassava": "manioc",
        "plantain": "banane plantain",
        "sweetcorn": "maïs doux",
        "gnocchi": "gnocchis",
        "lentils": "lentilles",
        "red_lentils": "lentilles corail",
        "chickpeas": "pois chiches",
        "black_beans": "haricots noirs",
        "kidney_beans": "haricots rouges",
        "white_beans": "haricots blancs",
        "pinto_beans": "haricots pinto",
        "split_peas": "pois cassés",
        "broad_beans": "fèves",
        "baked_beans": "haricots blancs à la tomate",
        "lupin_beans": "graines de lupin",
        "edamame": "edamame",
        "tofu": "tofu ferme",
        "smoked_tofu": "tofu fumé",
        "silken_tofu": "tofu soyeux",
        "tempeh": "tempeh",
        "seitan": "seitan",
        "soya_mince": "protéines de soja texturées",
        "veggie_burger": "steak végétal",
        "mycoprotein": "mycoprotéine",
        "falafel": "falafels",
        "pea_protein": "protéine de pois en poudre",
        "soya_protein": "protéine de soja en poudre",
        "soya_milk": "boisson au soja",
        "soya_yogurt": "yaourt au soja",
        "oat_milk": "boisson à l'avoine",
        "almond_milk": "boisson à l'amande",
        "rice_milk": "boisson au riz",
        "coconut_yogurt": "yaourt végétal à la coco",
        "beef_steak": "steak de bœuf",
        "lean_beef_mince": "bœuf haché maigre",
        "beef_stew": "bœuf braisé",
        "roast_beef": "rosbif",
        "lamb_leg": "gigot d'agneau",
        "lamb_chops": "côtelettes d'agneau",
        "veal_escalope": "escalope de veau",
        "pork_tenderloin": "filet mignon de porc",
        "pork_chop": "côte de porc",
        "cooked_ham": "jambon cuit",
        "turkey_ham": "jambon de dinde",
        "bacon": "poitrine fumée",
        "cured_ham": "jambon cru",
        "venison": "chevreuil",
        "rabbit": "lapin",
        "calf_liver": "foie de veau",
        "pork_sausage": "saucisse de porc",
        "merguez": "merguez",
        "chicken_breast": "blanc de poulet",
        "chicken_thigh": "haut de cuisse de poulet",
        "roast_chicken": "poulet rôti",
        "turkey_breast": "escalope de dinde",
        "turkey_mince": "dinde hachée",
        "duck_breast": "magret de canard",
        "salmon": "saumon",
        "smoked_salmon": "saumon fumé",
        "trout": "truite",
        "cod": "cabillaud",
        "haddock": "églefin",
        "pollock": "lieu noir",
        "hake": "merlu",
        "tilapia": "tilapia",
        "sea_bass": "bar",
        "sea_bream": "dorade",
        "mackerel": "maquereau",
        "sardines": "sardines",
        "herring": "hareng",
        "anchovies": "anchois",
        "canned_tuna": "thon au naturel",
        "tuna_steak": "steak de thon",
        "swordfish": "espadon",
        "salmon_sashimi": "sashimi de saumon",
        "monkfish": "lotte",
        "prawns": "crevettes",
        "crab": "crabe",
        "mussels": "moules",
        "scallops": "noix de Saint-Jacques",
        "squid": "calamars",
        "raw_oysters": "huîtres crues",
        "surimi": "surimi",
        "boiled_eggs": "œufs durs",
        "scrambled_eggs": "œufs brouillés",
        "omelette": "omelette",
        "poached_eggs": "œufs pochés",
        "egg_whites": "blancs d'œufs",
        "skimmed_milk": "lait écrémé",
        "semi_skimmed_milk": "lait demi-écrémé",
        "whole_milk": "lait entier",
        "lactose_free_milk": "lait sans lactose",
        "kefir": "kéfir",
        "buttermilk": "lait ribot",
        "plain_yogurt": "yaourt nature",
        "low_fat_yogurt": "yaourt maigre",
        "greek_yogurt": "yaourt à la grecque",
        "skyr": "skyr",
        "cottage_cheese": "fromage cottage",
        "fromage_blanc": "fromage blanc",
        "quark": "quark",
        "mozzarella": "mozzarella",
        "cheddar": "cheddar",
        "emmental": "emmental",
        "gouda": "gouda",
        "feta": "feta",
        "halloumi": "halloumi",
        "parmesan": "parmesan",
        "ricotta": "ricotta",
        "cream_cheese": "fromage frais à tartiner",
        "goat_cheese": "bûche de chèvre",
        "camembert": "camembert",
        "roquefort": "roquefort",
        "paneer": "paneer",
        "whey_protein": "protéine de lactosérum en poudre",
        "broccoli": "brocoli",
        "cauliflower": "chou-fleur",
        "green_beans": "haricots verts",
        "spinach": "épinards",
        "carrots": "carottes",
        "courgettes": "courgettes",
        "aubergine": "aubergine",
        "bell_pepper": "poivron",
        "tomatoes": "tomates",
        "cherry_tomatoes": "tomates cerises",
        "cucumber": "concombre",
        "lettuce": "laitue",
        "rocket": "roquette",
        "mushrooms": "champignons",
        "green_peas": "petits pois",
        "asparagus": "asperges",
        "leeks": "poireaux",
        "fennel": "fenouil",
        "celery": "céleri branche",
        "celeriac_remoulade": "céleri rémoulade",
        "beetroot": "betterave rouge",
        "red_cabbage": "chou rouge",
        "kale": "chou kale",
        "brussels_sprouts": "choux de Bruxelles",
        "pumpkin": "potiron",
        "mixed_vegetables": "mélange de légumes",
        "ratatouille": "ratatouille",
        "tomato_soup": "soupe à la tomate",
        "sauerkraut": "choucroute nature",
        "bean_sprouts": "pousses de haricot mungo",
        "apple": "pomme",
        "banana": "banane",
        "orange": "orange",
        "pear": "poire",
        "peach": "pêche",
        "kiwi": "kiwi",
        "strawberries": "fraises",
        "blueberries": "myrtilles",
        "raspberries": "framboises",
        "grapes": "raisin",
        "mango": "mangue",
        "pineapple": "ananas",
        "melon": "melon",
        "watermelon": "pastèque",
        "clementines": "clémentines",
        "grapefruit": "pamplemousse",
        "plums": "prunes",
        "cherries": "cerises",
        "dates": "dattes",
        "raisins": "raisins secs",
        "dried_apricots": "abricots secs",
        "prunes": "pruneaux",
        "applesauce": "compote de pommes sans sucre",
        "avocado": "avocat",
        "olives": "olives",
        "almonds": "amandes",
        "walnuts": "noix",
        "hazelnuts": "noisettes",
        "cashews": "noix de cajou",
        "pistachios": "pistaches",
        "peanuts": "cacahuètes",
        "pumpkin_seeds": "graines de courge",
        "sunflower_seeds": "graines de tournesol",
        "chia_seeds": "graines de chia",
        "flaxseeds": "graines de lin",
        "hemp_seeds": "graines de chanvre",
        "peanut_butter": "beurre de cacahuète",
        "almond_butter": "purée d'amandes",
        "tahini": "tahin",
        "sesame_seeds": "graines de sésame",
        "coconut_flakes": "noix de coco râpée",
        "olive_oil": "huile d'olive",
        "rapeseed_oil": "huile de colza",
        "walnut_oil": "huile de noix",
        "sesame_oil": "huile de sésame",
        "coconut_oil": "huile de coco",
        "butter": "beurre",
        "vegan_margarine": "margarine végétale",
        "mayonnaise": "mayonnaise",
        "hummus": "houmous",
        "guacamole": "guacamole",
        "tzatziki": "tzatziki",
        "tomato_sauce": "sauce tomate",
        "pesto": "pesto",
        "soy_sauce": "sauce soja",
        "mustard": "moutarde",
        "vinaigrette": "vinaigrette",
        "salsa": "salsa",
        "curry_sauce": "sauce au curry",
        "orange_juice": "jus d'orange",
        "apple_juice": "jus de pomme",
        "vegetable_juice": "jus de légumes",
        "coconut_water": "eau de coco",
        "kombucha": "kombucha",
        "hot_chocolate": "chocolat chaud",
        "honey": "miel",
        "jam": "confiture",
        "maple_syrup": "sirop d'érable",
        "dark_chocolate": "chocolat noir",
        "milk_chocolate": "chocolat au lait",
        "cereal_bar": "barre de céréales",
        "oat_biscuits": "biscuits à l'avoine",
        "rice_pudding": "riz au lait",
        "fruit_sorbet": "sorbet aux fruits",
        "tiramisu": "tiramisu",
    },
)
