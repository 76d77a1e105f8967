using System.Globalization;
using System.Text;

namespace Mesh.Formats.Bus.Dbc;

/// <summary>Reads the words, numbers, texts and marks of a DBC file. White space, and comments of two slashes, may stand anywhere between them.</summary>
internal sealed class DbcScanner(string name, string text)
{
    private const string Marks = ":;,\"|@()[]";
    private int position;
    private int counted;
    private int line = 1;

    public bool AtEnd
    {
        get
        {
            SkipSpace();
            return position >= text.Length;
        }
    }

    /// <summary>Where reading goes on; may be set back to an earlier value.</summary>
    public int Position { get => position; set => position = value; }

    /// <summary>Line of the next item, from 1.</summary>
    public int Line
    {
        get
        {
            SkipSpace();
            return LineAt(position);
        }
    }

    public int LineAt(int place)
    {
        if (place < counted) (counted, line) = (0, 1);
        line += text.AsSpan(counted, place - counted).Count('\n');
        counted = place;
        return line;
    }

    /// <summary>The next word without reading it: everything up to white space or one of DBC's marks; empty when a mark is next.</summary>
    public ReadOnlySpan<char> PeekWord()
    {
        SkipSpace();
        int end = position;
        while (end < text.Length && !char.IsWhiteSpace(text[end]) && !Marks.Contains(text[end], StringComparison.Ordinal)) end++;
        return text.AsSpan(position, end - position);
    }

    public ReadOnlySpan<char> ReadWord(string expected)
    {
        var word = PeekWord();
        if (word.IsEmpty) throw Expected(expected);
        position += word.Length;
        return word;
    }

    public bool TryRead(char mark)
    {
        SkipSpace();
        if (position >= text.Length || text[position] != mark) return false;
        position++;
        return true;
    }

    public void Read(char mark)
    {
        if (!TryRead(mark)) throw Expected($"'{mark}'");
    }

    public bool IsNext(char mark)
    {
        SkipSpace();
        return position < text.Length && text[position] == mark;
    }

    /// <summary>The next character, white space passed over.</summary>
    public char ReadCharacter(string expected)
    {
        SkipSpace();
        return position < text.Length ? text[position++] : throw Expected(expected);
    }

    public bool TryReadNumber(out double value)
    {
        SkipSpace();
        int end = position;
        if (end < text.Length && text[end] is '+' or '-') end++;
        int digits = end;
        while (end < text.Length && IsNumeric(end)) end++;
        if (end == digits || !double.TryParse(text.AsSpan(position, end - position), NumberStyles.Float, CultureInfo.InvariantCulture, out value))
        {
            value = 0;
            return false;
        }

        // Some tools write limits beyond a double's.
        value = Math.Clamp(value, double.MinValue, double.MaxValue);
        position = end;
        return true;
    }

    public double ReadNumber(string expected) => TryReadNumber(out double value) ? value : throw Expected(expected);

    public long ReadInteger(string expected)
    {
        SkipSpace();
        int start = position;
        double value = ReadNumber(expected);
        // Beyond 2^53 a double is not exact; beyond 64 bits nothing is.
        if (long.TryParse(text.AsSpan(start, position - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long exact)) return exact;
        if (value == Math.Floor(value) && Math.Abs(value) < 9e18) return (long)value;
        if (ulong.TryParse(text.AsSpan(start, position - start), NumberStyles.None, CultureInfo.InvariantCulture, out ulong large)) return (long)large;
        position = start;
        throw Expected(expected);
    }

    public string ReadText()
    {
        SkipSpace();
        if (position >= text.Length || text[position] != '"') throw Expected("a text in quotation marks");
        int start = position++;
        int plain = position;
        StringBuilder? unescaped = null;
        while (position < text.Length)
        {
            char next = text[position];
            if (next == '"')
            {
                string rest = text[plain..position++];
                return unescaped is null ? rest : unescaped.Append(rest).ToString();
            }

            if (next == '\\' && position + 1 < text.Length && text[position + 1] == '"')
            {
                (unescaped ??= new StringBuilder()).Append(text, plain, position - plain);
                plain = ++position;
            }

            position++;
        }

        throw DbcErrors.UnterminatedText(name, LineAt(start));
    }

    /// <summary>Passes over the rest of a statement, its final semicolon included.</summary>
    public void SkipStatement()
    {
        while (!AtEnd)
        {
            if (text[position] == '"') ReadText();
            else if (text[position++] == ';') return;
        }
    }

    public void SkipLine()
    {
        int end = text.IndexOf('\n', position);
        position = end < 0 ? text.Length : end + 1;
    }

    /// <summary>Whether only white space stands between the reading position and the end of the line.</summary>
    public bool IsEndOfLine()
    {
        for (int i = position; i < text.Length; i++)
        {
            if (text[i] == '\n') return true;
            if (!char.IsWhiteSpace(text[i])) return false;
        }

        return true;
    }

    public Exception Expected(string what)
    {
        SkipSpace();
        int end = position;
        while (end < text.Length && end < position + 20 && text[end] is not ('\r' or '\n')) end++;
        string found = end == position ? "the end of the file" : $"'{text[position..end]}'";
        return DbcErrors.Syntax(name, LineAt(position), what, found);
    }

    private bool IsNumeric(int index)
    {
        char c = text[index];
        if (char.IsAsciiDigit(c) || c is '.' or 'e' or 'E') return true;
        return c is '+' or '-' && text[index - 1] is 'e' or 'E';
    }

    public void SkipSpace()
    {
        while (position < text.Length)
        {
            if (char.IsWhiteSpace(text[position]) || text[position] == '\0' || text[position] == '\uFEFF') position++;
            else if (text[position] == '/' && position + 1 < text.Length && text[position + 1] == '/') SkipLine();
            else return;
        }
    }
}
