using System.Globalization;
using System.Text;

namespace Mesh.Broker.Registry.Protobuf;

internal enum ProtoTokenKind
{
    End,
    Identifier,
    Integer,
    Float,
    String,
    Symbol,
}

/// <param name="Kind">What it is.</param>
/// <param name="Text">As it is written; for a string its content as text.</param>
/// <param name="Bytes">Content of a string.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
internal readonly record struct ProtoToken(ProtoTokenKind Kind, string Text, byte[]? Bytes, int Line, int Column);

/// <summary>Splits a <c>.proto</c> text into tokens (language specification, "Lexical elements"); comments and blanks are dropped.</summary>
internal sealed class ProtoLexer(string file, string text)
{
    private int position;
    private int line = 1;
    private int lineStart;

    public ProtoToken Next()
    {
        SkipBlanks();
        int startLine = line, column = position - lineStart + 1;
        if (position >= text.Length) return new ProtoToken(ProtoTokenKind.End, "", null, startLine, column);
        char first = text[position];
        if (IsLetter(first)) return new ProtoToken(ProtoTokenKind.Identifier, Take(static c => IsLetter(c) || char.IsAsciiDigit(c)), null, startLine, column);
        if (char.IsAsciiDigit(first) || (first == '.' && position + 1 < text.Length && char.IsAsciiDigit(text[position + 1]))) return Number(startLine, column);
        if (first is '"' or '\'') return Text(startLine, column);
        if (first is < ' ' or > '~') throw Error(startLine, column, $"a character U+{(int)first:X4} that means nothing here");
        position++;
        return new ProtoToken(ProtoTokenKind.Symbol, first.ToString(), null, startLine, column);
    }

    private static bool IsLetter(char c) => char.IsAsciiLetter(c) || c == '_';

    private string Take(Func<char, bool> belongs)
    {
        int start = position;
        while (position < text.Length && belongs(text[position])) position++;
        return text[start..position];
    }

    private void SkipBlanks()
    {
        while (position < text.Length)
        {
            char c = text[position];
            if (c == '\n')
            {
                position++;
                line++;
                lineStart = position;
            }
            else if (c is ' ' or '\t' or '\r' or '\v' or '\f' || (c == '\uFEFF' && position == 0))
            {
                position++;
            }
            else if (c == '/' && position + 1 < text.Length && text[position + 1] == '/')
            {
                while (position < text.Length && text[position] != '\n') position++;
            }
            else if (c == '/' && position + 1 < text.Length && text[position + 1] == '*')
            {
                SkipBlockComment();
            }
            else
            {
                return;
            }
        }
    }

    private void SkipBlockComment()
    {
        int startLine = line, column = position - lineStart + 1;
        for (position += 2; position + 1 < text.Length; position++)
        {
            if (text[position] == '*' && text[position + 1] == '/')
            {
                position += 2;
                return;
            }

            if (text[position] != '\n') continue;
            line++;
            lineStart = position + 1;
        }

        throw Error(startLine, column, "a comment that does not end");
    }

    private ProtoToken Number(int startLine, int column)
    {
        int start = position;
        if (text[position] == '0' && position + 1 < text.Length && text[position + 1] is 'x' or 'X')
        {
            position += 2;
            if (Take(char.IsAsciiHexDigit).Length == 0) throw Error(startLine, column, "a hexadecimal number without digits");
            return Checked(ProtoTokenKind.Integer);
        }

        Take(char.IsAsciiDigit);
        bool isFloat = false;
        if (position < text.Length && text[position] == '.')
        {
            isFloat = true;
            position++;
            Take(char.IsAsciiDigit);
        }

        if (position < text.Length && text[position] is 'e' or 'E')
        {
            isFloat = true;
            position++;
            if (position < text.Length && text[position] is '+' or '-') position++;
            if (Take(char.IsAsciiDigit).Length == 0) throw Error(startLine, column, "an exponent without digits");
        }

        if (!isFloat && text[start] == '0' && text.AsSpan(start, position - start).IndexOfAny('8', '9') >= 0) throw Error(startLine, column, "an octal number with the digit 8 or 9");
        return Checked(isFloat ? ProtoTokenKind.Float : ProtoTokenKind.Integer);

        ProtoToken Checked(ProtoTokenKind kind)
        {
            if (position < text.Length && IsLetter(text[position])) throw Error(startLine, column, "a number that runs into a name");
            return new ProtoToken(kind, text[start..position], null, startLine, column);
        }
    }

    private ProtoToken Text(int startLine, int column)
    {
        char quote = text[position++];
        var bytes = new List<byte>();
        while (true)
        {
            if (position >= text.Length || text[position] == '\n') throw Error(startLine, column, "a string that does not end on its line");
            char c = text[position++];
            if (c == quote) break;
            if (c == '\\') Escape(bytes);
            else if (c < 0x80) bytes.Add((byte)c);
            else AddRune(bytes, c);
        }

        byte[] content = [.. bytes];
        return new ProtoToken(ProtoTokenKind.String, Encoding.UTF8.GetString(content), content, startLine, column);
    }

    private void AddRune(List<byte> bytes, char c)
    {
        Span<byte> utf8 = stackalloc byte[4];
        var rune = Rune.ReplacementChar;
        if (!char.IsSurrogate(c)) rune = new Rune(c);
        else if (position < text.Length && Rune.TryCreate(c, text[position], out var pair))
        {
            rune = pair;
            position++;
        }

        foreach (byte each in utf8[..rune.EncodeToUtf8(utf8)]) bytes.Add(each);
    }

    private void Escape(List<byte> bytes)
    {
        int column = position - lineStart;
        if (position >= text.Length) throw Error(line, column, "a string that does not end");
        char c = text[position++];
        int simple = "abfnrtv\\'\"?".IndexOf(c, StringComparison.Ordinal);
        if (simple >= 0) bytes.Add((byte)"\a\b\f\n\r\t\v\\'\"?"[simple]);
        else if (c is >= '0' and <= '7')
        {
            int value = c - '0';
            for (int i = 0; i < 2 && position < text.Length && text[position] is >= '0' and <= '7'; i++) value = (value * 8) + text[position++] - '0';
            bytes.Add((byte)value);
        }
        else if (c is 'x' or 'X')
        {
            int start = position;
            while (position < text.Length && position - start < 2 && char.IsAsciiHexDigit(text[position])) position++;
            if (start == position) throw Error(line, column, "an escape \\x without digits");
            bytes.Add(byte.Parse(text.AsSpan(start, position - start), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        }
        else if (c is 'u' or 'U')
        {
            int digits = c == 'u' ? 4 : 8;
            if (position + digits > text.Length
                || !int.TryParse(text.AsSpan(position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int scalar)
                || !Rune.TryCreate(scalar, out var rune))
            {
                throw Error(line, column, $"an escape \\{c} that is not followed by {digits} hexadecimal digits of a character");
            }

            position += digits;
            bytes.AddRange(Encoding.UTF8.GetBytes(rune.ToString()));
        }
        else
        {
            throw Error(line, column, $"an unknown escape \\{c}");
        }
    }

    private ProtoSyntaxException Error(int atLine, int column, string found) => new(file, atLine, column, $"found {found}.");
}
