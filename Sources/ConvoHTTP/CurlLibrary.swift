internal import CCurl

/// libcurl, loaded by whoever first needs it: a program that asks no server runs without it, and starts faster.
public enum CurlLibrary {
    /// Why there is none; `nil` where it is loaded and ready. The first caller loads it, for the whole process.
    public static let failure: String? = {
        if let reason = convo_curl_load() { return "libcurl can't be loaded: \(String(cString: reason))" }
        return convo_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK ? nil : "libcurl can't be started"
    }()

    static var isReady: Bool { failure == nil }
}
