"""HTTP for all endpoint groups: routes, typed parameters, who is calling, one error shape, the API document."""
