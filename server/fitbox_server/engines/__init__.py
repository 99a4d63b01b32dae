"""Engine workers: one process, one base model, one adapter version.

A worker (``python -m fitbox_server.engines.worker``) is started by
:class:`fitbox.engine.process.EngineProcess` and drives one engine through the small protocol in
:mod:`fitbox_server.engines.protocol`. Each engine module imports its library only when it is loaded, so that
the front needs none of them and an OpenVINO worker needs no torch.
"""
