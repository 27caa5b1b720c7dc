import ConvoModel
import Testing

@Suite struct `A signed link` {
    @Test(arguments: [
        "https://h.test/a?sig=SECRET", "https://h.test/a?x=1&amp;sig=SECRET.", "h.test/a?X-Amz-Signature=SECRET",
        "https://h.test/a?x=1\\u0026sig=SECRET\\\"}", "https://h.test/a?%73ig=SECRET",
        "https://h.test/a?s%2569g=SECRET",
        "https://h.test/r?to=https%3A%2F%2Fi.test%2F%3Fsig%3DSECRET", "https://h.test/a#access_token=SECRET",
        "(https://h.test/a?token=SECRET)", "https://h.test/a?Policy=x&Key-Pair-Id=SECRET",
        "\"https://h.test/a?SIG=SECRET\"", "https://h.test/a%3Fsig%3DSECRET",
        // Akamai separates by tildes.
        "https://h.test/a?exp=1~acl=/*~hmac=SECRET", "https://h.test/a?hdnts=st=1~exp=2~hmac=SECRET",
        // JSON and HTML escape what they need not.
        "h.test/a?sig\\u003dSECRET\\u0026se\\u003d1", "h.test/a\\u003fsig\\u003dSECRET", "h.test/a?sig&#61;SECRET",
        "h.test/a&#63;sig&#x3D;SECRET", "https:\\/\\/h.test/a?sig\\\\u003dSECRET", "h.test/a&quest;sig&equals;SECRET",
        "h.test/a?sig\\x3dSECRET", "h.test/a?x&#0000000038;sig&#61;SECRET",
        // Links in links in links.
        "h.test/a%2525252525253Fsig%2525252525253DSECRET", "h.test/a?s%25252525252569g=SECRET",
        "h.test/a?%5Cu0073ig=SECRET", "h.test/a?sig%26%2361%3BSECRET",
        "h.test/?hm=SECRET", "h.test/?sas=SECRET", "h.test/?key=SECRET", "h.test/?apikey=SECRET",
        "h.test/?api_key=SECRET", "h.test/?api-key=SECRET", "h.test/?access_key=SECRET", "h.test/?password=SECRET",
        "h.test/?client_secret=SECRET", "h.test/?a[sig]=SECRET", "h.test/?x-goog-credential=SECRET",
        "https://h.test/a;sig=SECRET", "https://h.test/x&sig=SECRET", "h.test/x&amp;sig=SECRET",
        "https://h.test/sig=SECRET/a", "https://h.test/?a=b'c&sig=SECRET", "'https://h.test/?sig=SECRET'",
        "https://h.test/?a=(b)[c]{d}|e&sig=SECRET",
    ])
    func `loses its query, or is not there at all`(text: String) {
        let result = SignedLink.queriesRemoved(from: text)
        #expect(!result.contains("SECRET") && result.contains("h.test"), "\(result)")
        #expect(result.contains(SignedLink.queryReplacement) && SignedLink.queriesRemoved(from: result) == result)
        let removed = SignedLink.removed(from: text)
        #expect(!removed.contains("SECRET") && removed.contains(SignedLink.replacement), "\(removed)")
        #expect(!removed.contains("h.test") && SignedLink.removed(from: removed) == removed, "\(removed)")
    }

    @Test(arguments: [
        "https://h.test/a?design=1&q=signal", "what? sig=3", "a = b ? c : d", "https://h.test/a?page=2#sig",
        "sig=1&token=2", "let x = y?.token == z", "https://example.org/page?x=1",
        "the signature= of https://example.org",
        "", "http", "=", "\\", "\\\\", "%", "&", "&;", "%3", "\\u00", "https://h.test/%zz?a=%", "50% & \\n = 3",
        "https://h.test/?monkey=1&hub=2", "https://h.test/key/sig?x=1&y=%C3%A9", "if token=5; then",
    ])
    func `is not any other text`(text: String) {
        #expect(SignedLink.queriesRemoved(from: text) == text)
        #expect(SignedLink.removed(from: text) == text)
    }

    @Test func `leaves the text around it`() {
        func shown(_ text: String) -> String { SignedLink.removed(from: text) }
        #expect(shown(#"{"url":"https://x.blob.core.windows.net/i?se=1&sig=abc"}"#) == #"{"url":"(signed link)"}"#)
        #expect(shown(#"[{"url":"https:\/\/x.example\/i?X-Amz-Signature=abc"}]"#) == #"[{"url":"(signed link)"}]"#)
        #expect(
            shown("see ![i](https://a.example/i?sig=1) and http://b.example")
                == "see ![i]((signed link)) and http://b.example")
        #expect(shown("https://a.example/?sig=1\nhttps://a.example/?sig=2") == "(signed link)\n(signed link)")
        #expect(shown("{'a': 'https://httpbin.test/?sig=1', 'b': 2}") == "{'a': '(signed link)', 'b': 2}")
        #expect(shown("[b](h.test/?sig=1).") == "[b]((signed link)).")
        #expect(
            SignedLink.queriesRemoved(from: "[b](h.test/?sig=1) c") == "[b](h.test/\(SignedLink.queryReplacement)) c")
    }

    @Test(arguments: ["%25", "\\", "&#", "&#61;", "http", "/&", "?a=", "sig", "]", "%", "=;/", "h.test/?sig=1 "])
    func `is found in time that grows with the text`(piece: String) {
        let text = "https://h.test/" + String(repeating: piece, count: 30_000)
        let time = ContinuousClock().measure {
            _ = SignedLink.removed(from: text) + SignedLink.queriesRemoved(from: text + "?sig=1")
        }
        #expect(time < .seconds(20), "a quadratic one takes minutes")
    }
}
