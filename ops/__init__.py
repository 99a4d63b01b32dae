"""What an operator needs beside the processes: dashboards, alert rules, the table of metrics, pictures.

Everything is declared in Python and written by ``python -m ops``; a test compares what is there with what
that writes::

    python -m ops                     ops/grafana/*.json, ops/prometheus/rules.yml, docs/metrics.md
    python -m ops.pictures URL        docs/pictures/*.png, from the answers of a running Prometheus
"""
