"""One item of a plan replaced within the member's envelope, everything else kept; no model is asked."""
