/// An answer by something between us and the server, in the server's place.
package enum ForeignAnswer: CaseIterable, Hashable, Sendable {
    /// A portal's redirection to its sign-in page.
    case redirect
    /// A firewall's page.
    case forbiddenPage
    case notFoundPage
    /// JSON of another program.
    case foreignNotFound
    /// A sign-in page with status 200.
    case signInPage
    /// `{"status":"ok"}`.
    case foreignSuccess

    package var status: Int {
        switch self {
        case .redirect: 302
        case .forbiddenPage: 403
        case .notFoundPage, .foreignNotFound: 404
        case .signInPage, .foreignSuccess: 200
        }
    }
}

/// The requests that a portal answers.
package enum Reach: CaseIterable, Hashable, Sendable { case everything, writes }
