// What the store's methods take and return: who imports ConvoStore needs no other import for it.
@_exported public import ConvoJSON
@_exported public import ConvoModel
