"""What does every route do alike on its way in and out? Limits, pages, errors, and how they are described.

`admission`, `body_limit` and `rate_limit` say who may ask, how much and how often; `cursors` and `pages` make lists;
`problems` is how errors are answered, `responses` how the OpenAPI document tells of them.
"""
