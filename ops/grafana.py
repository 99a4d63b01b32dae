"""Grafana's JSON of a dashboard, through Grafana's own SDK, which knows the schema."""

from __future__ import annotations

import json

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as values
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DataSourceRef

from ops.dashboards import Dashboard, Panel

_SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
_HEIGHT = 8
_FIGURE_HEIGHT = 4


def to_json(page: Dashboard) -> str:
    """The text of ``ops/grafana/NAME.json``."""
    built = (
        dashboard.Dashboard(page.title)
        .uid(f"fitbox-{page.name}")
        .description(page.about)
        .tags(["fitbox"])
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    for row in page.rows:
        built.with_row(dashboard.Row(row.title))
        for panel in row.panels:
            built.with_panel(_panel(panel))
    return json.dumps(built.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def _panel(panel: Panel) -> stat.Panel | timeseries.Panel:
    built: stat.Panel | timeseries.Panel
    if panel.single:
        built = (
            stat.Panel()
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
            .text_mode(
                values.BigValueTextMode.NAME if panel.queries[0].legend else values.BigValueTextMode.VALUE
            )
            .height(_FIGURE_HEIGHT)
        )
    else:
        legend = (
            common.VizLegendOptions()
            .display_mode(values.LegendDisplayMode.LIST)
            .placement(values.LegendPlacement.BOTTOM)
        )
        built = timeseries.Panel().line_width(1).fill_opacity(5).legend(legend).height(_HEIGHT)
        if panel.unit == "percentunit":
            built.min(0)
    built.title(panel.title).description(panel.about).unit(panel.unit).span(panel.width).datasource(_SOURCE)
    for number, query in enumerate(panel.queries):
        asked = prometheus.Dataquery().expr(query.expression).ref_id(chr(ord("A") + number))
        built.with_target(asked.legend_format(query.legend) if query.legend else asked)
    return built
