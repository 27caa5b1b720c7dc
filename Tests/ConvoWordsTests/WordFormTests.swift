import Foundation
import Testing

@testable import ConvoWords

/// A text may be written in several forms; Foundation's normalisation judges the tables here.
@Suite struct `A word` {
    private static let words = [
        "naïve", "Straße", "Ångström", "œuvre", "København", "Łódź", "İstanbul", "ısparta", "Đà Nẵng", "ﬁn", "Ω",
        "Σίσυφος",
        "Ἀθῆναι", "мой", "ёлка", "їжак", "ўсё", "қазақ", "հայերեն", "ქართული", "שָׁלוֹם", "מֶלֶךְ", "كِتَاب", "أحمد", "آب",
        "مسؤول", "رئيس", "می‌خواهم", "हिन्दी", "क़लम", "ড়", "ਪੰਜਾਬੀ", "ગુજરાતી", "ଓଡ଼ିଆ", "தமிழ்", "கொடு", "తెలుగు", "ಕನ್ನಡ", "കൊടു",
        "සිංහල", "สวัสดี", "น้ำ", "ພາສາລາວ", "ភាសាខ្មែរ", "မြန်မာ", "བོད་ཡིག", "한국어", "값", "がくせい", "パン", "ｶﾞｲﾄﾞ", "東京", "人工智能",
        "ＡＢＣ", "①", "ℌello", "ǆ", "ᏣᎳᎩ", "😀", "👍🏽", "🇩🇪", "€",
    ]

    @Test(arguments: words)
    func `finds itself in each form of Unicode, and in capitals`(_ word: String) {
        let forms = [
            word.precomposedStringWithCanonicalMapping, word.decomposedStringWithCanonicalMapping,
            word.precomposedStringWithCompatibilityMapping, word.decomposedStringWithCompatibilityMapping,
            word.uppercased(), word.lowercased(), word.capitalized,
        ]
        let own = tokens(word, .query)
        for form in forms {
            #expect(tokens(form, .query) == own, "\(form.unicodeScalars.map { String($0.value, radix: 16) })")
            #expect(finds(word, in: form) && finds(form, in: word))
            #expect(finds(word, in: "x \(form), y"))
        }
    }

    @Test func `of Latin letters finds itself in full width`() {
        let word = "Convo42"
        let wide = String(
            String.UnicodeScalarView(word.unicodeScalars.compactMap { Unicode.Scalar($0.value + 0xFEE0) }))
        #expect(wide != word && tokens(wide) == tokens(word))
    }

    /// Every character of the tables' version of Unicode that Foundation writes otherwise in one of its forms.
    @Test func `with any character finds itself decomposed`() {
        var seen = 0
        for value in UInt32(0x80)..<0x30000 {
            guard let scalar = Unicode.Scalar(value), let age = scalar.properties.age, age.major <= 15,
                age.minor == 0 || age.major < 15
            else { continue }
            let text = "x\(scalar)y"
            let decomposed = text.decomposedStringWithCompatibilityMapping
            guard Array(decomposed.utf8) != Array(text.utf8) else { continue }
            seen += 1
            #expect(
                tokens(text) == tokens(decomposed)
                    && tokens(text) == tokens(text.precomposedStringWithCompatibilityMapping),
                "U+\(String(value, radix: 16))")
        }
        #expect(seen > 15_000)
    }

    @Test func `has marks in any order that is canonically the same`() {
        #expect(tokens("\u{0E01}\u{0E38}\u{0E48}") == tokens("\u{0E01}\u{0E48}\u{0E38}"), "Thai: a vowel and a tone")
        #expect(tokens("\u{0915}\u{094D}\u{093C}") == tokens("\u{0915}\u{093C}\u{094D}"), "virama and nukta")
        #expect(tokens("\u{09A1}\u{09CD}\u{09BC}") == tokens("\u{09A1}\u{09BC}\u{09CD}"), "Bengali: both are kept")
        #expect(tokens("\u{09A1}\u{09BC}") != tokens("\u{09A1}"))
    }

    @Test func `may have any number of marks`() {
        for mark in ["\u{301}", "\u{0E48}", "\u{3099}", "\u{11A8}", "\u{0F71}\u{0F72}"] {
            let text = "は" + String(repeating: mark, count: 5000) + " end"
            #expect(tokens(text).last == ["end"])
        }
    }
}

@Suite struct `Two letters of one alphabet` {
    /// Letters that are different letters to readers of the language; what is searched as another letter is left out.
    @Test(arguments: [
        ("Latin", "abcdefghijklmnopqrstuvwxyzðþ"), ("Greek", "αβγδεζηθικλμνξοπρστυφχψω"),
        ("Chuvash, Mari and Tajik", "аӑӓеӗоӧуӱӳӯиӣыӹ"), ("Marathi", "रऱनऩळऴ"),
        ("Russian", "абвгдежзийклмнопрстуфхцчшщъыьэюя"), ("Ukrainian and Belarusian", "ґгєеіїиўуй"),
        ("Serbian and Macedonian", "гѓкќђћјљњџѕ"), ("Kazakh", "әағгқкңнөоұүуһхіи"),
        ("Armenian", "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ"), ("Georgian", "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ"),
        ("Hebrew", "אבגדהוזחטיכלמנסעפצקרשת"), ("Arabic", "ءابتثجحخدذرزسشصضطظعغفقكلمنهوي"), ("Persian", "بپجچزژكگ"),
        ("Urdu", "تٹدڈرڑنںهھيے"), ("Hindi", "अआइईउऊऋएऐओऔकखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहािीुूृेैोौ्ंँः"),
        ("Bengali", "অআইঈউঊঋএঐওঔকখগঘঙচছজঝঞটঠডঢণতথদধনপফবভমযরলশষসহািীুূৃেৈ্ংঃঁ়"),
        ("Tamil", "அஆஇஈஉஊஎஏஐஒஓகஙசஞடணதநபமயரலவழளறனாிீுூெேை்"), ("Thai", "กขคฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮะาิีึืุูเแโใไ่้๊๋็์"),
        ("Lao", "ກຂຄງຈສຊຍດຕຖທນບປຜຝພຟມຢຣລວຫອຮະາິີຶືຸູເແໂໃໄ່້"), ("Khmer", "កខគឃងចឆជឈញដឋឌឍណតថទធនបផពភមយរលវសហឡអាិីឹឺុូួើឿៀេែៃោៅំះ្"),
        ("Burmese", "ကခဂဃငစဆဇဈညဋဌဍဎဏတထဒဓနပဖဗဘမယရလဝသဟဠအာိီုူေဲံ့း္်ျြွှ"), ("Amharic", "ሀሁሂሃሄህሆለሉሊላሌልሎመሙሚማሜምሞ"),
        ("hiragana", "あぁいうえおかがきぎくぐけげこごさざしじすずせぜそぞただちぢつっづてでとどはばぱひびぴふぶぷへべぺほぼぽまみむめもやゃよらりるれろわをん"),
        ("katakana", "アァイウエオカガキギクグケゲコゴサザタダチツッテデトドハバパヒビピフブプヘベペホボポマミムメモヤユヨラリルレロワヲンー"),
        ("Chinese", "人入八大太犬天夫日曰目田甲申由土士工干千体體国國"), ("Korean", "가나다라마바사아자차카타파하각갂간갇갈감갑값갓강개거게고구그기"),
    ])
    func `are never taken for each other`(_ language: String, _ letters: String) {
        let scalars = Array(letters.unicodeScalars)
        let words = scalars.map { tokens("\(scalars[0])\($0)\(scalars[1])") }
        #expect(Set(words).count == Set(scalars).count)
        for (first, word) in zip(scalars, words) {
            for (second, other) in zip(scalars, words) where first != second {
                #expect(word != other, "\(language): \(first) and \(second)")
            }
        }
    }
}
