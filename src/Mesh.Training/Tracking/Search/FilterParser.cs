using System.Globalization;

namespace Mesh.Training.Tracking.Search;

/// <summary>
/// MLflow's filter language: conditions joined by AND, each a key, an operator and a value. A key is <c>metrics.</c>, <c>params.</c>, <c>tags.</c>,
/// <c>attributes.</c> or <c>datasets.</c> with a name, in backticks or double quotes where it holds other than letters, digits, '_', '.', '-' and '/'; one
/// without a beginning is an attribute. Metrics and times compare with numbers, everything else with texts in quotes.
/// </summary>
internal sealed class FilterParser
{
    /// <summary>Longest filter, in characters.</summary>
    public const int MaxLength = 16 << 10;

    /// <summary>Most conditions, and most values of an IN.</summary>
    public const int MaxConditions = 100;

    private static readonly Dictionary<string, FilterSubject> Beginnings = new(StringComparer.OrdinalIgnoreCase)
    {
        ["metric"] = FilterSubject.Metric, ["metrics"] = FilterSubject.Metric, ["param"] = FilterSubject.Parameter, ["params"] = FilterSubject.Parameter,
        ["parameter"] = FilterSubject.Parameter, ["parameters"] = FilterSubject.Parameter, ["tag"] = FilterSubject.Tag, ["tags"] = FilterSubject.Tag,
        ["attribute"] = FilterSubject.Attribute, ["attributes"] = FilterSubject.Attribute, ["attr"] = FilterSubject.Attribute, ["run"] = FilterSubject.Attribute,
        ["dataset"] = FilterSubject.DataSet, ["datasets"] = FilterSubject.DataSet,
    };

    private static readonly HashSet<string> DataSetKeys = new(StringComparer.Ordinal) { "name", "digest", "context" };

    private readonly string text;
    private readonly SearchScope scope;
    private readonly string code;
    private int at;

    private FilterParser(string text, SearchScope scope, string code)
    {
        this.text = text;
        this.scope = scope;
        this.code = code;
    }

    /// <summary>Reads a filter; an empty one has no conditions.</summary>
    /// <exception cref="TrackingException"><c>MESH9308</c> with the place.</exception>
    public static IReadOnlyList<FilterCondition> Parse(string? filter, SearchScope scope)
    {
        if (string.IsNullOrWhiteSpace(filter)) return [];
        var parser = new FilterParser(filter, scope, "MESH9308");
        if (filter.Length > MaxLength) throw parser.Wrong($"a filter of at most {MaxLength:N0} characters");
        var conditions = new List<FilterCondition>();
        do
        {
            if (conditions.Count == MaxConditions) throw parser.Wrong($"at most {MaxConditions} conditions");
            conditions.Add(parser.ReadCondition());
        }
        while (parser.TakeWord("AND"));
        parser.SkipSpace();
        return parser.at == filter.Length ? conditions : throw parser.Wrong("AND or the end (OR and brackets are not part of the language)");
    }

    /// <summary>Reads what to sort by: a key, then ASC or DESC.</summary>
    /// <exception cref="TrackingException"><c>MESH9310</c> with the place.</exception>
    public static OrderTerm ParseOrder(string order, SearchScope scope)
    {
        var parser = new FilterParser(order, scope, "MESH9310");
        if (order.Length > MaxLength) throw parser.Wrong($"at most {MaxLength:N0} characters");
        var (subject, key) = parser.ReadKey();
        if (subject == FilterSubject.DataSet) throw parser.Wrong("a metric, parameter, tag or attribute");
        bool isDescending = parser.TakeWord("DESC");
        if (!isDescending) parser.TakeWord("ASC");
        parser.SkipSpace();
        return parser.at == order.Length ? new OrderTerm(subject, key, isDescending) : throw parser.Wrong("ASC, DESC or the end");
    }

    private FilterCondition ReadCondition()
    {
        var (subject, key) = ReadKey();
        bool isNumber = subject == FilterSubject.Metric || (subject == FilterSubject.Attribute && scope.Attributes[key].IsNumber);
        SkipSpace();
        int place = at;
        var op = ReadOperator();
        if (op is FilterOperator.IsNull or FilterOperator.IsNotNull)
        {
            return subject is FilterSubject.Parameter or FilterSubject.Tag ? new FilterCondition(subject, key, op, [], 0) : throw Wrong("a parameter or tag before IS NULL", place);
        }

        if (isNumber)
        {
            return op <= FilterOperator.GreaterOrEqual ? new FilterCondition(subject, key, op, [], ReadNumber()) : throw Wrong("=, !=, <, <=, > or >= after a number's name", place);
        }

        if (op is FilterOperator.Less or FilterOperator.LessOrEqual or FilterOperator.Greater or FilterOperator.GreaterOrEqual)
        {
            throw Wrong("=, !=, LIKE, ILIKE, IN or NOT IN after a text's name (parameters and tags are texts)", place);
        }

        IReadOnlyList<string> texts = op is FilterOperator.In or FilterOperator.NotIn ? ReadList() : [ReadText()];
        return new FilterCondition(subject, key, op, texts, 0);
    }

    private (FilterSubject Subject, string Key) ReadKey()
    {
        SkipSpace();
        int place = at;
        FilterSubject subject = FilterSubject.Attribute;
        string key;
        if (at < text.Length && text[at] is '`' or '"')
        {
            key = ReadQuoted();
        }
        else
        {
            string word = ReadName(stopsAtDot: true);
            if (word.Length == 0) throw Wrong("a name such as metrics.accuracy", place);
            if (at < text.Length && text[at] == '.')
            {
                if (!Beginnings.TryGetValue(word, out subject)) throw Wrong("metrics., params., tags., attributes. or datasets.", place);
                at++;
                key = at < text.Length && text[at] is '`' or '"' ? ReadQuoted() : ReadName(stopsAtDot: false);
            }
            else
            {
                key = word;
            }
        }

        if (key.Length == 0) throw Wrong("a name", place);
        if (!scope.Subjects.Contains(subject)) throw Wrong($"one of {string.Join(", ", scope.Attributes.Keys)} or tags.NAME", place);
        if (subject == FilterSubject.Attribute && !scope.Attributes.ContainsKey(key)) throw Wrong($"an attribute, one of {string.Join(", ", scope.Attributes.Keys)}", place);
        if (subject == FilterSubject.DataSet && !DataSetKeys.Contains(key)) throw Wrong("datasets.name, datasets.digest or datasets.context", place);
        return (subject, key);
    }

    private string ReadName(bool stopsAtDot)
    {
        int from = at;
        while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '-' or '/' || (text[at] == '.' && !stopsAtDot))) at++;
        return text[from..at];
    }

    private string ReadQuoted()
    {
        char quote = text[at];
        int end = text.IndexOf(quote, at + 1);
        if (end < 0) throw Wrong($"a closing {quote}", text.Length);
        string inner = text[(at + 1)..end];
        at = end + 1;
        return inner;
    }

    private FilterOperator ReadOperator()
    {
        if (at + 1 < text.Length && text.AsSpan(at, 2) is "!=" or "<=" or ">=" or "<>" or "==")
        {
            at += 2;
            return text.AsSpan(at - 2, 2) switch { "<=" => FilterOperator.LessOrEqual, ">=" => FilterOperator.GreaterOrEqual, "==" => FilterOperator.Equal, _ => FilterOperator.NotEqual };
        }

        if (at < text.Length && text[at] is '=' or '<' or '>')
        {
            at++;
            return text[at - 1] switch { '=' => FilterOperator.Equal, '<' => FilterOperator.Less, _ => FilterOperator.Greater };
        }

        if (TakeWord("LIKE")) return FilterOperator.Like;
        if (TakeWord("ILIKE")) return FilterOperator.ILike;
        if (TakeWord("IN")) return FilterOperator.In;
        if (TakeWord("NOT")) return TakeWord("IN") ? FilterOperator.NotIn : throw Wrong("IN after NOT");
        if (!TakeWord("IS")) throw Wrong("an operator: =, !=, <, <=, >, >=, LIKE, ILIKE, IN, NOT IN, IS NULL or IS NOT NULL");
        bool isNot = TakeWord("NOT");
        return TakeWord("NULL") ? isNot ? FilterOperator.IsNotNull : FilterOperator.IsNull : throw Wrong("NULL");
    }

    private double ReadNumber()
    {
        SkipSpace();
        int from = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '+' or '-' or '.')) at++;
        return double.TryParse(text.AsSpan(from, at - from), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number
            : throw Wrong("a number", from);
    }

    private string ReadText()
    {
        SkipSpace();
        if (at >= text.Length || text[at] is not ('\'' or '"')) throw Wrong("a text in quotes");
        string value = ReadQuoted();
        return value.Contains('\0') ? throw Wrong("a text without zeros") : value;
    }

    private List<string> ReadList()
    {
        SkipSpace();
        if (at >= text.Length || text[at] != '(') throw Wrong("( and texts in quotes");
        var texts = new List<string>();
        do
        {
            at++;
            if (texts.Count == MaxConditions) throw Wrong($"at most {MaxConditions} texts");
            texts.Add(ReadText());
            SkipSpace();
        }
        while (at < text.Length && text[at] == ',');
        if (at >= text.Length || text[at] != ')') throw Wrong(", or )");
        at++;
        return texts;
    }

    private bool TakeWord(string word)
    {
        SkipSpace();
        int end = at + word.Length;
        bool isThere = string.Compare(text, at, word, 0, word.Length, StringComparison.OrdinalIgnoreCase) == 0
            && (end >= text.Length || !(char.IsLetterOrDigit(text[end]) || text[end] == '_'));
        if (isThere) at = end;
        return isThere;
    }

    private void SkipSpace()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
    }

    private TrackingException Wrong(string expected, int? place = null)
    {
        int from = place ?? at;
        string found = from >= text.Length ? "the end" : $"'{TrackingLimits.Printable(text[from..Math.Min(text.Length, from + 30)])}'";
        return new TrackingException(code, $"At character {from + 1} expected {expected}, found {found}. Example: metrics.accuracy > 0.8 AND params.lr = '0.1'; docs/tracking/README.md describes the language.");
    }
}
