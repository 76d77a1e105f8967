using System.Globalization;

namespace Mesh.Formats.Mdf.Conversions;

/// <summary>
/// Parses the formula of an algebraic conversion: ASAM MCD-2 MC 1.6, keyword FORMULA, a subset of the General Expression Syntax 1.0, with the
/// variable <c>X</c> (MDF 3: <c>X1</c>). Case does not count.
/// </summary>
/// <remarks>
/// From loose to tight: <c>||</c>, <c>&amp;&amp;</c>, <c>|</c>, <c>XOR</c>, <c>&amp;</c>, comparisons, shifts, sums, products, signs, <c>^</c> (power, to the
/// right: <c>-X^2</c> is <c>-(X^2)</c>). <c>log</c> is decadic, <c>ln</c> natural. Numbers are decimal or <c>0x</c> hexadecimal; bit operators see the integer part.
/// </remarks>
internal ref struct FormulaParser
{
    private const int MaxLength = 10_000;

    private readonly ReadOnlySpan<char> text;
    private readonly List<FormulaConversion.Step> steps = [];
    private int position;
    private int nesting;
    private int height;
    private int maxHeight;

    private FormulaParser(ReadOnlySpan<char> text) => this.text = text;

    /// <exception cref="ConversionException">It is no formula.</exception>
    public static NumericConversion Parse(string formula)
    {
        if (formula.Length > MaxLength) throw new ConversionException($"its formula is longer than {MaxLength:N0} characters");
        var parser = new FormulaParser(formula.AsSpan().Trim());
        parser.Binary(0);
        parser.SkipBlanks();
        if (parser.position < parser.text.Length) throw parser.Unexpected();
        return new FormulaConversion([.. parser.steps], parser.maxHeight);
    }

    private void Binary(int level)
    {
        if (level == 8)
        {
            Unary();
            return;
        }

        Binary(level + 1);
        while (TryOperator(level, out var op))
        {
            Binary(level + 1);
            Emit(op);
        }
    }

    private bool TryOperator(int level, out FormulaOp op)
    {
        SkipBlanks();
        op = default;
        switch (level)
        {
            case 0: return Take("||", FormulaOp.Or, ref op);
            case 1: return Take("&&", FormulaOp.And, ref op);
            case 2: return !At("||") && Take("|", FormulaOp.BitOr, ref op);
            case 3: return TakeWord("XOR", FormulaOp.BitXor, ref op);
            case 4: return !At("&&") && Take("&", FormulaOp.BitAnd, ref op);
            case 5:
                if (At("<<") || At(">>")) return false;
                return Take("==", FormulaOp.Equal, ref op) || Take("!=", FormulaOp.NotEqual, ref op) || Take("<=", FormulaOp.LessOrEqual, ref op)
                    || Take(">=", FormulaOp.GreaterOrEqual, ref op) || Take("<", FormulaOp.Less, ref op) || Take(">", FormulaOp.Greater, ref op);
            case 6: return Take("<<", FormulaOp.ShiftLeft, ref op) || Take(">>", FormulaOp.ShiftRight, ref op);
            default: return Sum(ref op);
        }
    }

    // Sums and products share a level of recursion: products are what Sum's operands are made of.
    private bool Sum(ref FormulaOp op) => Take("+", FormulaOp.Add, ref op) || Take("-", FormulaOp.Subtract, ref op);

    private void Unary()
    {
        Sign();
        for (FormulaOp op = default; TakeProduct(ref op);)
        {
            Sign();
            Emit(op);
        }
    }

    private bool TakeProduct(ref FormulaOp op)
    {
        SkipBlanks();
        return (!At("**") && Take("*", FormulaOp.Multiply, ref op)) || Take("/", FormulaOp.Divide, ref op);
    }

    private void Sign()
    {
        Enter();
        SkipBlanks();
        FormulaOp op = default;
        if (Take("-", FormulaOp.Negate, ref op) || Take("!", FormulaOp.Not, ref op) || Take("~", FormulaOp.BitNot, ref op))
        {
            Sign();
            Emit(op);
        }
        else if (Take("+", default, ref op))
        {
            Sign();
        }
        else
        {
            Primary();
            SkipBlanks();
            if (Take("^", FormulaOp.Power, ref op) || Take("**", FormulaOp.Power, ref op))
            {
                Sign();
                Emit(FormulaOp.Power);
            }
        }

        nesting--;
    }

    private void Primary()
    {
        SkipBlanks();
        if (position == text.Length) throw new ConversionException("its formula ends early");
        char c = text[position];
        if (c == '(')
        {
            position++;
            Binary(0);
            Expect(')');
        }
        else if (char.IsAsciiDigit(c) || c == '.')
        {
            Number();
        }
        else if (char.IsAsciiLetter(c))
        {
            Word();
        }
        else
        {
            throw Unexpected();
        }
    }

    private void Number()
    {
        int start = position;
        if (At("0x") || At("0X"))
        {
            position += 2;
            while (position < text.Length && char.IsAsciiHexDigit(text[position])) position++;
            if (!ulong.TryParse(text[(start + 2)..position], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bits))
            {
                throw new ConversionException($"'{text[start..position]}' in its formula is no number");
            }

            Push(new(FormulaOp.Constant, bits));
            return;
        }

        while (position < text.Length && (char.IsAsciiDigit(text[position]) || text[position] == '.')) position++;
        if (position < text.Length && text[position] is 'e' or 'E')
        {
            int exponent = position + 1;
            if (exponent < text.Length && text[exponent] is '+' or '-') exponent++;
            if (exponent < text.Length && char.IsAsciiDigit(text[exponent]))
            {
                position = exponent;
                while (position < text.Length && char.IsAsciiDigit(text[position])) position++;
            }
        }

        if (!double.TryParse(text[start..position], NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
        {
            throw new ConversionException($"'{text[start..position]}' in its formula is no number");
        }

        Push(new(FormulaOp.Constant, value));
    }

    private void Word()
    {
        int start = position;
        while (position < text.Length && (char.IsAsciiLetterOrDigit(text[position]) || text[position] == '_')) position++;
        string word = text[start..position].ToString().ToUpperInvariant();
        switch (word)
        {
            case "X" or "X1": Push(new(FormulaOp.Variable, 0)); return;
            case "PI": Push(new(FormulaOp.Constant, Math.PI)); return;
            case "POW": Two(FormulaOp.Power); return;
            case "ATAN2": Two(FormulaOp.Atan2); return;
        }

        FormulaOp op = word switch
        {
            "SIN" => FormulaOp.Sin,
            "COS" => FormulaOp.Cos,
            "TAN" => FormulaOp.Tan,
            "ASIN" or "ARCSIN" => FormulaOp.Asin,
            "ACOS" or "ARCCOS" => FormulaOp.Acos,
            "ATAN" or "ARCTAN" => FormulaOp.Atan,
            "SINH" => FormulaOp.Sinh,
            "COSH" => FormulaOp.Cosh,
            "TANH" => FormulaOp.Tanh,
            "EXP" => FormulaOp.Exp,
            "LN" => FormulaOp.Ln,
            "LOG" or "LOG10" => FormulaOp.Log10,
            "SQRT" => FormulaOp.Sqrt,
            "ABS" => FormulaOp.Abs,
            _ => throw new ConversionException($"its formula names '{text[start..position]}', which is not known"),
        };
        Expect('(');
        Binary(0);
        Expect(')');
        Emit(op);
    }

    private void Two(FormulaOp op)
    {
        Expect('(');
        Binary(0);
        Expect(',');
        Binary(0);
        Expect(')');
        Emit(op);
    }

    private void Emit(FormulaOp op)
    {
        steps.Add(new(op, 0));
        if (op < FormulaOp.Negate) height--;
    }

    private void Push(FormulaConversion.Step step)
    {
        steps.Add(step);
        if (++height > FormulaConversion.MaxDepth) throw TooDeep();
        maxHeight = Math.Max(maxHeight, height);
    }

    private void Enter()
    {
        if (++nesting > FormulaConversion.MaxDepth) throw TooDeep();
    }

    private void Expect(char c)
    {
        SkipBlanks();
        if (position == text.Length) throw new ConversionException($"its formula ends where '{c}' belongs");
        if (text[position] != c) throw Unexpected();
        position++;
    }

    private bool Take(string sign, FormulaOp meaning, ref FormulaOp op)
    {
        if (!At(sign)) return false;
        position += sign.Length;
        op = meaning;
        return true;
    }

    private bool TakeWord(string word, FormulaOp meaning, ref FormulaOp op)
    {
        var rest = text[position..];
        if (!rest.StartsWith(word, StringComparison.OrdinalIgnoreCase)) return false;
        if (rest.Length > word.Length && char.IsAsciiLetterOrDigit(rest[word.Length])) return false;
        position += word.Length;
        op = meaning;
        return true;
    }

    private readonly bool At(string sign) => text[position..].StartsWith(sign, StringComparison.Ordinal);

    private void SkipBlanks()
    {
        while (position < text.Length && char.IsWhiteSpace(text[position])) position++;
    }

    private readonly ConversionException Unexpected() => new($"'{text[position]}' at character {position + 1} of its formula does not belong there");

    private static ConversionException TooDeep() => new($"its formula nests deeper than {FormulaConversion.MaxDepth}");
}
