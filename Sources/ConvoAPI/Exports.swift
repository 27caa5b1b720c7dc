// What the client's operations take and return: who imports ConvoAPI needs no other import for it. The rest of ConvoHTTP has
// names that other libraries have too, such as `HTTPRequest`; only who writes a transport imports it.
@_exported public import ConvoJSON
@_exported public import ConvoModel

@_exported public import struct ConvoHTTP.HTTPLimits
