using System.Globalization;
using System.Text;
using Mesh.Model;

namespace Mesh.Formats.Messages.Idl;

/// <summary>Tokens, annotations and constant expressions.</summary>
internal sealed partial class IdlParser
{
    private IdlAnnotations Annotations()
    {
        var annotations = new IdlAnnotations();
        while (Take("@"))
        {
            string name = ScopedName();
            var argument = new StringBuilder();
            if (Take("("))
            {
                for (int open = 1; open > 0; next++)
                {
                    if (Peek.Kind == IdlTokenKind.End) throw Unexpected(Peek, "')'");
                    if (Peek is { Kind: IdlTokenKind.Symbol, Text: "(" }) open++;
                    if (Peek is { Kind: IdlTokenKind.Symbol, Text: ")" } && --open == 0) continue;
                    argument.Append(Peek.Text);
                }
            }

            string value = argument.ToString();
            annotations.Add(name, value.StartsWith("value=", StringComparison.Ordinal) ? value["value=".Length..] : value);
        }

        return annotations;
    }

    private string ScopedName()
    {
        var name = new StringBuilder();
        if (Take("::")) name.Append("::");
        name.Append(Name());
        while (Peek.Text == "::")
        {
            next++;
            name.Append("::").Append(Name());
        }

        return name.ToString();
    }

    private string Name()
    {
        if (Peek.Kind != IdlTokenKind.Name) throw Unexpected(Peek, "a name");
        // A leading underscore only escapes a name that is a keyword (7.2.3.2).
        string name = tokens[next++].Text;
        return name.StartsWith('_') && name.Length > 1 ? name[1..] : name;
    }

    private bool Take(string text)
    {
        if (Peek.Kind is not (IdlTokenKind.Symbol or IdlTokenKind.Name) || Peek.Text != text) return false;
        next++;
        return true;
    }

    private void Expect(string text)
    {
        if (!Take(text)) throw Unexpected(Peek, $"'{text}'");
    }

    // Two brackets that close at once are one token, as a shift is.
    private void Close()
    {
        if (Peek is { Kind: IdlTokenKind.Symbol, Text: ">>" }) tokens[next] = Peek with { Text = ">" };
        else Expect(">");
    }

    private long Size(string scope)
    {
        int line = Peek.Line;
        long size = Expression(scope, isBound: true);
        return size is > 0 and <= uint.MaxValue ? size : throw SchemaErrors.Syntax(schemaName, line, $"{size} is not a size from 1 to {uint.MaxValue}");
    }

    /// <param name="labelOf">Type whose literals may stand without their scope.</param>
    /// <param name="isBound">Whether a closing bracket ends it.</param>
    private long Expression(string scope, IdlType? labelOf = null, bool isBound = false)
    {
        long value = Operand(scope, labelOf, 0);
        while (Peek is { Kind: IdlTokenKind.Symbol, Text: "+" or "-" or "*" or "/" or "%" or "|" or "&" or "^" or "<<" or ">>" } operation && !(isBound && operation.Text == ">>"))
        {
            next++;
            long right = Operand(scope, labelOf, 0);
            value = operation.Text switch
            {
                "+" => unchecked(value + right),
                "-" => unchecked(value - right),
                "*" => unchecked(value * right),
                "/" when right is not (0 or -1) => value / right,
                "%" when right is not (0 or -1) => value % right,
                "|" => value | right,
                "&" => value & right,
                "^" => value ^ right,
                "<<" => value << (int)right,
                ">>" => value >> (int)right,
                _ => throw SchemaErrors.Syntax(schemaName, operation.Line, "a constant cannot be divided so"),
            };
        }

        return value;
    }

    private long Operand(string scope, IdlType? labelOf, int depth)
    {
        if (depth > maxNesting) throw SchemaErrors.TooDeep(schemaName, $"line {Peek.Line}", maxNesting);
        var token = Peek;
        if (Take("-")) return unchecked(-Operand(scope, labelOf, depth + 1));
        if (Take("+")) return Operand(scope, labelOf, depth + 1);
        if (Take("~")) return ~Operand(scope, labelOf, depth + 1);
        if (Take("("))
        {
            long inner = Operand(scope, labelOf, depth + 1);
            Expect(")");
            return inner;
        }

        if (Take("TRUE")) return 1;
        if (Take("FALSE")) return 0;
        if (token.Kind == IdlTokenKind.Number)
        {
            next++;
            return Number(token);
        }

        if (token is { Kind: IdlTokenKind.Text, Text.Length: 1 })
        {
            next++;
            return token.Text[0];
        }

        string name = ScopedName();
        if (labelOf is { Name.Length: > 0 } && Lookup(constants, scope, $"{labelOf.Name}::{name}") is { } scoped) return constants[scoped];
        if (Lookup(constants, scope, name) is { } found) return constants[found];
        throw SchemaErrors.Syntax(schemaName, token.Line, $"'{name}' is not a constant");
    }

    private long Number(IdlToken token)
    {
        string text = token.Text;
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (isHex && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hex)) return (long)hex;
        if (!isHex && text is ['0', _, ..] && text.AsSpan().IndexOfAnyExceptInRange('0', '7') < 0 && text.Length <= 21) return Convert.ToInt64(text, 8);
        if (!isHex && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)) return (long)number;
        throw SchemaErrors.Syntax(schemaName, token.Line, $"'{text}' is not a whole number");
    }

    private MeshException Unexpected(IdlToken token, string expected) =>
        SchemaErrors.Syntax(schemaName, token.Line, $"expected {expected}, found {(token.Kind == IdlTokenKind.End ? "the end" : $"'{(token.Text.Length <= 60 ? token.Text : token.Text[..60])}'")}");

    /// <summary>Full name of what a name means in a scope, looked up from the innermost module outwards (7.5); null when nothing.</summary>
    internal static string? Lookup<T>(Dictionary<string, T> declared, string scope, string name)
    {
        if (name.StartsWith("::", StringComparison.Ordinal)) return declared.ContainsKey(name[2..]) ? name[2..] : null;
        while (true)
        {
            string candidate = Join(scope, name);
            if (declared.ContainsKey(candidate)) return candidate;
            if (scope.Length == 0) return null;
            int end = scope.LastIndexOf("::", StringComparison.Ordinal);
            scope = end < 0 ? "" : scope[..end];
        }
    }
}
