using System.Runtime.CompilerServices;

namespace Mesh.Formats.Mdf.Conversions;

/// <summary>
/// <see cref="MdfConversionKind.Algebraic"/>: a formula as a flat list of steps, each done for a block of values before the next, so that neither
/// the choice of the step nor anything on the heap is paid for per value.
/// </summary>
/// <param name="steps">The formula in postfix order.</param>
/// <param name="depth">Most values on the stack at once.</param>
internal sealed class FormulaConversion(FormulaConversion.Step[] steps, int depth) : NumericConversion
{
    /// <summary>Deepest stack: bounds what <see cref="Apply"/> takes of the thread's own.</summary>
    public const int MaxDepth = 64;

    private const int BlockValues = 64;

    [SkipLocalsInit]
    public override void Apply(Span<double> values)
    {
        Span<double> stack = stackalloc double[depth * BlockValues];
        while (!values.IsEmpty)
        {
            int count = Math.Min(BlockValues, values.Length);
            Run(values[..count], stack);
            values = values[count..];
        }
    }

    private void Run(Span<double> values, Span<double> stack)
    {
        int top = 0;
        foreach (ref readonly var step in steps.AsSpan())
        {
            if (step.Op == FormulaOp.Constant)
            {
                stack.Slice(top++ * BlockValues, values.Length).Fill(step.Constant);
            }
            else if (step.Op == FormulaOp.Variable)
            {
                values.CopyTo(stack[(top++ * BlockValues)..]);
            }
            else if (step.Op < FormulaOp.Negate)
            {
                top--;
                Two(step.Op, stack.Slice((top - 1) * BlockValues, values.Length), stack.Slice(top * BlockValues, values.Length));
            }
            else
            {
                One(step.Op, stack.Slice((top - 1) * BlockValues, values.Length));
            }
        }

        stack[..values.Length].CopyTo(values);
    }

    private static void Two(FormulaOp op, Span<double> a, ReadOnlySpan<double> b)
    {
        switch (op)
        {
            case FormulaOp.Add: for (int i = 0; i < a.Length; i++) a[i] += b[i]; break;
            case FormulaOp.Subtract: for (int i = 0; i < a.Length; i++) a[i] -= b[i]; break;
            case FormulaOp.Multiply: for (int i = 0; i < a.Length; i++) a[i] *= b[i]; break;
            case FormulaOp.Divide: for (int i = 0; i < a.Length; i++) a[i] /= b[i]; break;
            case FormulaOp.Power: for (int i = 0; i < a.Length; i++) a[i] = Math.Pow(a[i], b[i]); break;
            case FormulaOp.BitAnd: for (int i = 0; i < a.Length; i++) a[i] = (long)a[i] & (long)b[i]; break;
            case FormulaOp.BitOr: for (int i = 0; i < a.Length; i++) a[i] = (long)a[i] | (long)b[i]; break;
            case FormulaOp.BitXor: for (int i = 0; i < a.Length; i++) a[i] = (long)a[i] ^ (long)b[i]; break;
            case FormulaOp.ShiftLeft: for (int i = 0; i < a.Length; i++) a[i] = (long)a[i] << (int)b[i]; break;
            case FormulaOp.ShiftRight: for (int i = 0; i < a.Length; i++) a[i] = (long)a[i] >> (int)b[i]; break;
            case FormulaOp.And: for (int i = 0; i < a.Length; i++) a[i] = Truth(a[i] != 0 && b[i] != 0); break;
            case FormulaOp.Or: for (int i = 0; i < a.Length; i++) a[i] = Truth(a[i] != 0 || b[i] != 0); break;
            case FormulaOp.Equal: for (int i = 0; i < a.Length; i++) a[i] = Truth(a[i] == b[i]); break;
            case FormulaOp.NotEqual: for (int i = 0; i < a.Length; i++) a[i] = Truth(a[i] != b[i]); break;
            case FormulaOp.Less: for (int i = 0; i < a.Length; i++) a[i] = Truth(a[i] < b[i]); break;
            case FormulaOp.LessOrEqual: for (int i = 0; i < a.Length; i++) a[i] = Truth(a[i] <= b[i]); break;
            case FormulaOp.Greater: for (int i = 0; i < a.Length; i++) a[i] = Truth(a[i] > b[i]); break;
            case FormulaOp.GreaterOrEqual: for (int i = 0; i < a.Length; i++) a[i] = Truth(a[i] >= b[i]); break;
            case FormulaOp.Atan2: for (int i = 0; i < a.Length; i++) a[i] = Math.Atan2(a[i], b[i]); break;
            default: throw new InvalidOperationException($"{op} does not take two values.");
        }
    }

    private static void One(FormulaOp op, Span<double> a)
    {
        switch (op)
        {
            case FormulaOp.Negate: foreach (ref double x in a) x = -x; break;
            case FormulaOp.Not: foreach (ref double x in a) x = Truth(x == 0); break;
            case FormulaOp.BitNot: foreach (ref double x in a) x = ~(long)x; break;
            case FormulaOp.Abs: foreach (ref double x in a) x = Math.Abs(x); break;
            case FormulaOp.Sqrt: foreach (ref double x in a) x = Math.Sqrt(x); break;
            case FormulaOp.Exp: foreach (ref double x in a) x = Math.Exp(x); break;
            case FormulaOp.Ln: foreach (ref double x in a) x = Math.Log(x); break;
            case FormulaOp.Log10: foreach (ref double x in a) x = Math.Log10(x); break;
            case FormulaOp.Sin: foreach (ref double x in a) x = Math.Sin(x); break;
            case FormulaOp.Cos: foreach (ref double x in a) x = Math.Cos(x); break;
            case FormulaOp.Tan: foreach (ref double x in a) x = Math.Tan(x); break;
            case FormulaOp.Asin: foreach (ref double x in a) x = Math.Asin(x); break;
            case FormulaOp.Acos: foreach (ref double x in a) x = Math.Acos(x); break;
            case FormulaOp.Atan: foreach (ref double x in a) x = Math.Atan(x); break;
            case FormulaOp.Sinh: foreach (ref double x in a) x = Math.Sinh(x); break;
            case FormulaOp.Cosh: foreach (ref double x in a) x = Math.Cosh(x); break;
            case FormulaOp.Tanh: foreach (ref double x in a) x = Math.Tanh(x); break;
            default: throw new InvalidOperationException($"{op} does not take one value.");
        }
    }

    private static double Truth(bool isTrue) => isTrue ? 1 : 0;

    /// <param name="Op">What to do.</param>
    /// <param name="Constant">The number of <see cref="FormulaOp.Constant"/>.</param>
    internal readonly record struct Step(FormulaOp Op, double Constant);
}
