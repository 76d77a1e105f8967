using System.Text;

namespace Mesh.Formats.Messages.Idl;

internal enum IdlTokenKind : byte
{
    Name,
    Number,
    Text,
    Symbol,
    End,
}

/// <param name="Text">The token as written; of text, what is between the quotes.</param>
/// <param name="Line">Line in the schema, from 1.</param>
internal readonly record struct IdlToken(IdlTokenKind Kind, string Text, int Line);

/// <summary>
/// Splits IDL (OMG IDL 4.2, 7.2) into tokens. Comments, preprocessor lines and the headings between the files of a <c>ros2idl</c> schema
/// (a line of <c>=</c>, a line <c>IDL: package/Name</c>) are left out.
/// </summary>
internal static class IdlLexer
{
    public static List<IdlToken> Split(string schemaName, ReadOnlySpan<byte> schema)
    {
        string text = Encoding.UTF8.GetString(schema).TrimStart('\uFEFF');
        var tokens = new List<IdlToken>();
        int line = 1, i = 0;
        bool isLineStart = true;
        while (i < text.Length)
        {
            char c = text[i];
            if (c == '\n')
            {
                line++;
                i++;
                isLineStart = true;
            }
            else if (char.IsWhiteSpace(c))
            {
                i++;
            }
            else if (isLineStart && (c == '#' || text.AsSpan(i).StartsWith("===") || text.AsSpan(i).StartsWith("IDL:")))
            {
                while (i < text.Length && text[i] != '\n') i++;
            }
            else if (text.AsSpan(i).StartsWith("//"))
            {
                while (i < text.Length && text[i] != '\n') i++;
            }
            else if (text.AsSpan(i).StartsWith("/*"))
            {
                int end = text.IndexOf("*/", i + 2, StringComparison.Ordinal);
                if (end < 0) throw SchemaErrors.Syntax(schemaName, line, "a comment has no end");
                line += text.AsSpan(i, end - i).Count('\n');
                i = end + 2;
            }
            else
            {
                isLineStart = false;
                tokens.Add(Next(schemaName, text, line, ref i));
                if (tokens[^1].Kind == IdlTokenKind.Text) line += tokens[^1].Text.AsSpan().Count('\n');
            }
        }

        tokens.Add(new IdlToken(IdlTokenKind.End, "", line));
        return tokens;
    }

    private static IdlToken Next(string schemaName, string text, int line, ref int i)
    {
        int start = i;
        char c = text[i];
        if (char.IsAsciiLetter(c) || c == '_')
        {
            while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] == '_')) i++;
            return new IdlToken(IdlTokenKind.Name, text[start..i], line);
        }

        if (char.IsAsciiDigit(c) || (c == '.' && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1])))
        {
            while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] == '.' || (text[i] is '+' or '-' && text[i - 1] is 'e' or 'E'))) i++;
            return new IdlToken(IdlTokenKind.Number, text[start..i], line);
        }

        if (c is '"' or '\'')
        {
            for (i++; i < text.Length && text[i] != c; i++)
            {
                if (text[i] == '\\') i++;
            }

            if (i >= text.Length) throw SchemaErrors.Syntax(schemaName, line, "text has no end");
            i++;
            return new IdlToken(IdlTokenKind.Text, text[(start + 1)..(i - 1)], line);
        }

        i += text.AsSpan(i) is ['<', '<', ..] or ['>', '>', ..] or [':', ':', ..] ? 2 : 1;
        return new IdlToken(IdlTokenKind.Symbol, text[start..i], line);
    }
}
