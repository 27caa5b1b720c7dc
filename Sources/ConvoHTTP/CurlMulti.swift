internal import CCurl

/// A multi handle on its way to the driver's thread, and for waking that thread.
///
/// `@unchecked Sendable`: after its making only the driver's thread uses it, but for `curl_multi_wakeup`, which
/// > "can be called from any thread" curl.se/libcurl/c/curl_multi_wakeup.html
/// and which the driver calls only under the lock that also guards the handle's end.
struct CurlMulti: @unchecked Sendable {
    /// Idle connections that are kept open for the next request.
    static let idleConnectionLimit = 16

    let pointer: UnsafeMutableRawPointer

    init?() {
        guard CurlLibrary.isReady, let pointer = convo_multi_init() else { return nil }
        self.pointer = pointer
        _ = convo_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, CurlMulti.idleConnectionLimit)
    }
}
