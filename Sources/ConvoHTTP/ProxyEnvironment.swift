#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The proxies that libcurl takes from the environment.
///
/// > "libcurl respects the proxy environment variables named http_proxy, ftp_proxy, sftp_proxy etc." […] "all_proxy"
/// > curl.se/libcurl/c/CURLOPT_PROXY.html
enum ProxyEnvironment {
    private static let names = ["http_proxy", "https_proxy", "all_proxy"]

    /// Whether one is set, under whichever name and in whichever case. Which of them a request uses is libcurl's affair.
    static var isSet: Bool { isSet { name in getenv(name).map { String(cString: $0) } } }

    static func isSet(in variable: (String) -> String?) -> Bool {
        names.contains { name in [name, name.uppercased()].contains { variable($0)?.isEmpty == false } }
    }
}
