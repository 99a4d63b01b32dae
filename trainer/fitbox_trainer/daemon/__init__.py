"""The daemon process: the folder that it watches, its ledger, its loop, and what it tells."""
