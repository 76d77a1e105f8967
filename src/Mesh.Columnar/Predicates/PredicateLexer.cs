using System.Text;
using Mesh.Model;

namespace Mesh.Columnar;

/// <summary>What a piece of a condition's text is.</summary>
internal enum PredicateToken
{
    End,
    Word,
    QuotedName,
    Text,
    Number,
    Symbol,
}

/// <summary>Splits the text of a condition into words, literals and symbols.</summary>
internal sealed class PredicateLexer
{
    private readonly string source;
    private int start;
    private int at;

    public PredicateLexer(string source)
    {
        this.source = source;
        Next();
    }

    /// <summary>What the current piece is.</summary>
    public PredicateToken Kind { get; private set; }

    /// <summary>The current piece, without quotes.</summary>
    public string Text { get; private set; } = "";

    public bool TryTakeWord(string word)
    {
        if (Kind != PredicateToken.Word || !Text.Equals(word, StringComparison.OrdinalIgnoreCase)) return false;
        Next();
        return true;
    }

    public bool TryTakeSymbol(string symbol)
    {
        if (Kind != PredicateToken.Symbol || Text != symbol) return false;
        Next();
        return true;
    }

    /// <summary>Moves to the next piece.</summary>
    public void Next()
    {
        while (at < source.Length && char.IsWhiteSpace(source[at])) at++;
        start = at;
        if (at == source.Length)
        {
            Kind = PredicateToken.End;
            Text = "";
            return;
        }

        char first = source[at];
        if (char.IsLetter(first) || first == '_')
        {
            while (at < source.Length && (char.IsLetterOrDigit(source[at]) || source[at] == '_')) at++;
            Take(PredicateToken.Word);
        }
        else if (char.IsAsciiDigit(first) || (first is '-' or '+' && at + 1 < source.Length && (char.IsAsciiDigit(source[at + 1]) || source[at + 1] == '.')))
        {
            TakeNumber();
        }
        else if (first is '\'' or '"')
        {
            TakeQuoted(first);
        }
        else
        {
            bool isPair = at + 1 < source.Length && source.Substring(at, 2) is "<=" or ">=" or "<>" or "!=";
            at += isPair ? 2 : 1;
            Take(PredicateToken.Symbol);
        }
    }

    /// <summary>What is wrong with the current piece.</summary>
    public MeshException Expected(string what)
    {
        string found = Kind == PredicateToken.End ? "it ends" : $"there is '{source[start..at]}'";
        return new MeshException("MESH10912", $"The condition \"{source}\" is not understood: at character {start + 1} {found} where {what} is expected.");
    }

    private void TakeNumber()
    {
        at++;
        while (at < source.Length && (char.IsAsciiDigit(source[at]) || source[at] == '.')) at++;
        if (at < source.Length && source[at] is 'e' or 'E')
        {
            at++;
            if (at < source.Length && source[at] is '+' or '-') at++;
            while (at < source.Length && char.IsAsciiDigit(source[at])) at++;
        }

        Take(PredicateToken.Number);
    }

    private void TakeQuoted(char quote)
    {
        var text = new StringBuilder();
        for (at++; ; at++)
        {
            if (at >= source.Length)
            {
                Kind = PredicateToken.End;
                throw Expected($"the closing {quote}");
            }

            if (source[at] != quote)
            {
                text.Append(source[at]);
            }
            else if (at + 1 < source.Length && source[at + 1] == quote)
            {
                text.Append(quote);
                at++;
            }
            else
            {
                break;
            }
        }

        at++;
        Kind = quote == '\'' ? PredicateToken.Text : PredicateToken.QuotedName;
        Text = text.ToString();
    }

    private void Take(PredicateToken kind)
    {
        Kind = kind;
        Text = source[start..at];
    }
}
