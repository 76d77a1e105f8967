using System.Globalization;
using Mesh.Model;

namespace Mesh.Columnar;

/// <summary>
/// Reads conditions as people type them: <c>speed &gt;= 20 AND label IN ('car', 'bus')</c>. Comparisons <c>= &lt;&gt; != &lt; &lt;= &gt; &gt;=</c> of a
/// column with a literal, <c>[NOT] IN</c>, <c>[NOT] BETWEEN</c>, <c>[NOT] LIKE 'prefix%'</c>, <c>IS [NOT] NULL</c>, <c>AND</c>, <c>OR</c>, <c>NOT</c>, parentheses. Literals:
/// numbers, <c>'text'</c> with <c>''</c> for a quote, <c>TRUE</c>, <c>FALSE</c>, <c>TIMESTAMP '2026-01-05T08:42:00Z'</c>, <c>DATE '2026-01-05'</c>. Columns:
/// paths with dots, parts of other than letters, digits and underscores in double quotes. Words of the language in any case.
/// </summary>
public sealed class PredicateParser
{
    private const int MaxDepth = 100;
    private readonly PredicateLexer lexer;
    private int depth;

    private PredicateParser(string text) => lexer = new PredicateLexer(text);

    /// <summary>Reads a condition.</summary>
    /// <exception cref="MeshException"><c>MESH10912</c>: it breaks the grammar; the message has the place and what was expected there.</exception>
    public static Predicate Parse(string text)
    {
        var parser = new PredicateParser(text);
        var predicate = parser.ReadOr();
        if (parser.lexer.Kind != PredicateToken.End) throw parser.lexer.Expected("AND, OR or the end");
        return predicate;
    }

    private Predicate ReadOr()
    {
        var parts = new List<Predicate> { ReadAnd() };
        while (lexer.TryTakeWord("OR")) parts.Add(ReadAnd());
        return parts.Count == 1 ? parts[0] : new OrPredicate(parts);
    }

    private Predicate ReadAnd()
    {
        var parts = new List<Predicate> { ReadTerm() };
        while (lexer.TryTakeWord("AND")) parts.Add(ReadTerm());
        return parts.Count == 1 ? parts[0] : new AndPredicate(parts);
    }

    private Predicate ReadTerm()
    {
        if (++depth > MaxDepth) throw lexer.Expected($"at most {MaxDepth} conditions inside one another");
        Predicate term;
        if (lexer.TryTakeWord("NOT"))
        {
            term = new NotPredicate(ReadTerm());
        }
        else if (lexer.TryTakeSymbol("("))
        {
            term = ReadOr();
            if (!lexer.TryTakeSymbol(")")) throw lexer.Expected("')'");
        }
        else
        {
            term = ReadCondition(ReadColumn());
        }

        depth--;
        return term;
    }

    private Predicate ReadCondition(string column)
    {
        if (lexer.TryTakeWord("IS"))
        {
            bool isNot = lexer.TryTakeWord("NOT");
            if (!lexer.TryTakeWord("NULL")) throw lexer.Expected("NULL");
            return Negated(new NullPredicate(column), isNot);
        }

        bool isNegated = lexer.TryTakeWord("NOT");
        if (lexer.TryTakeWord("IN")) return Negated(new InPredicate(column, ReadList()), isNegated);
        if (lexer.TryTakeWord("LIKE")) return Negated(new PrefixPredicate(column, ReadPrefix()), isNegated);
        if (lexer.TryTakeWord("BETWEEN"))
        {
            object low = ReadLiteral();
            if (!lexer.TryTakeWord("AND")) throw lexer.Expected("AND");
            object high = ReadLiteral();
            return Negated(
                new AndPredicate([
                    new ComparisonPredicate(column, ComparisonOperator.GreaterOrEqual, low),
                    new ComparisonPredicate(column, ComparisonOperator.LessOrEqual, high),
                ]),
                isNegated);
        }

        if (isNegated) throw lexer.Expected("IN, LIKE or BETWEEN");
        ComparisonOperator? operation = lexer.Kind != PredicateToken.Symbol ? null : lexer.Text switch
        {
            "=" => ComparisonOperator.Equal,
            "<>" or "!=" => ComparisonOperator.NotEqual,
            "<" => ComparisonOperator.Less,
            "<=" => ComparisonOperator.LessOrEqual,
            ">" => ComparisonOperator.Greater,
            ">=" => ComparisonOperator.GreaterOrEqual,
            _ => null,
        };
        if (operation is null) throw lexer.Expected("a comparison such as = or <, IS, IN, LIKE or BETWEEN");
        lexer.Next();
        return new ComparisonPredicate(column, operation.Value, ReadLiteral());
    }

    private static Predicate Negated(Predicate predicate, bool isNegated) => isNegated ? new NotPredicate(predicate) : predicate;

    private string ReadColumn()
    {
        string path = ReadPart();
        while (lexer.TryTakeSymbol(".")) path += "." + ReadPart();
        return path;
    }

    private string ReadPart()
    {
        if (lexer.Kind is not (PredicateToken.Word or PredicateToken.QuotedName)) throw lexer.Expected("the name of a column");
        if (lexer.Kind == PredicateToken.Word && IsReserved(lexer.Text)) throw lexer.Expected("the name of a column (in double quotes if it is a word of the language)");
        string part = lexer.Text;
        lexer.Next();
        return part;
    }

    private static bool IsReserved(string word) => word.ToUpperInvariant() is "AND" or "OR" or "NOT" or "IN" or "IS" or "LIKE" or "BETWEEN" or "NULL" or "TRUE" or "FALSE";

    private List<object> ReadList()
    {
        if (!lexer.TryTakeSymbol("(")) throw lexer.Expected("'('");
        var values = new List<object> { ReadLiteral() };
        while (lexer.TryTakeSymbol(",")) values.Add(ReadLiteral());
        if (!lexer.TryTakeSymbol(")")) throw lexer.Expected("',' or ')'");
        return values;
    }

    private string ReadPrefix()
    {
        if (lexer.Kind != PredicateToken.Text || !lexer.Text.EndsWith('%') || lexer.Text.AsSpan(0, lexer.Text.Length - 1).ContainsAny('%', '_'))
        {
            throw lexer.Expected("a pattern with one % at its end, such as 'prefix%'");
        }

        string prefix = lexer.Text[..^1];
        lexer.Next();
        return prefix;
    }

    private object ReadLiteral()
    {
        if (lexer.TryTakeWord("TRUE")) return true;
        if (lexer.TryTakeWord("FALSE")) return false;
        if (lexer.TryTakeWord("TIMESTAMP"))
        {
            // Kept as text where there are more digits than a DateTimeOffset has: the column may count nanoseconds.
            if (lexer.Kind != PredicateToken.Text || !DateTimeOffset.TryParse(lexer.Text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            {
                throw lexer.Expected("a time such as '2026-01-05T08:42:00Z'");
            }

            object literal = time.Ticks % 10 == 0 && !lexer.Text.Contains('.', StringComparison.Ordinal) ? time : lexer.Text;
            lexer.Next();
            return literal;
        }

        if (lexer.TryTakeWord("DATE"))
        {
            if (lexer.Kind != PredicateToken.Text || !DateOnly.TryParseExact(lexer.Text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            {
                throw lexer.Expected("a date such as '2026-01-05'");
            }

            lexer.Next();
            return day;
        }

        object? value = lexer.Kind switch
        {
            PredicateToken.Text => lexer.Text,
            PredicateToken.Number => ReadNumber(lexer.Text),
            _ => null,
        };
        if (value is null) throw lexer.Expected("a number, a text in single quotes, TRUE, FALSE, TIMESTAMP '...' or DATE '...'");
        lexer.Next();
        return value;
    }

    private static object? ReadNumber(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)) return whole;
        if (!text.AsSpan().ContainsAny('e', 'E') && decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal exact)) return exact;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number : null;
    }
}
