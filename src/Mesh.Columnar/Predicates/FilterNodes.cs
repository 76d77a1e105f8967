using System.Numerics;
using System.Runtime.Intrinsics;

namespace Mesh.Columnar;

/// <summary>What is tested of a value; the other comparisons are these, inverted.</summary>
internal enum BasicTest
{
    Less,
    LessOrEqual,
    Equal,
}

/// <summary>Makes the nodes of comparisons.</summary>
internal static class FilterNodes
{
    public static FilterNode Compare(int[] place, DataType type, ComparisonOperator operation, in Literal literal)
    {
        if (literal.HasFraction)
        {
            // Between two values of the column nothing is equal, and less means at most the lower one.
            if (operation is ComparisonOperator.Equal or ComparisonOperator.NotEqual) return new ConstantNode(place, operation == ComparisonOperator.NotEqual);
            operation = operation is ComparisonOperator.Less or ComparisonOperator.LessOrEqual ? ComparisonOperator.LessOrEqual : ComparisonOperator.Greater;
        }

        var (test, isInverted) = operation switch
        {
            ComparisonOperator.Equal => (BasicTest.Equal, false),
            ComparisonOperator.NotEqual => (BasicTest.Equal, true),
            ComparisonOperator.Less => (BasicTest.Less, false),
            ComparisonOperator.GreaterOrEqual => (BasicTest.Less, true),
            ComparisonOperator.LessOrEqual => (BasicTest.LessOrEqual, false),
            _ => (BasicTest.LessOrEqual, true),
        };
        return literal.Kind switch
        {
            LiteralKind.Bytes => new BytesNode(place, literal.Bytes, test, isInverted),
            LiteralKind.Floating when double.IsNaN(literal.Number) => test switch
            {
                BasicTest.LessOrEqual => new ConstantNode(place, !isInverted),

                // NaN is the greatest: less than it is every number.
                _ => new NaNNode(place, type.Kind, isInverted != (test == BasicTest.Equal)),
            },
            LiteralKind.Floating => type.Kind switch
            {
                TypeKind.Float16 => new NumberNode<Half>(place, (Half)literal.Number, test, isInverted),
                TypeKind.Float32 => new NumberNode<float>(place, (float)literal.Number, test, isInverted),
                _ => new NumberNode<double>(place, literal.Number, test, isInverted),
            },
            _ => Whole(place, type.Kind, literal.Whole, test, isInverted),
        };
    }

    private static FilterNode Whole(int[] place, TypeKind kind, Int128 value, BasicTest test, bool isInverted)
    {
        switch (kind)
        {
            case TypeKind.Boolean:
                bool Matches(int truth) => (test == BasicTest.Equal ? truth == value : test == BasicTest.Less ? truth < value : truth <= value) != isInverted;
                return new BooleanNode(place, Matches(0), Matches(1));
            case TypeKind.Decimal128:
                return new NumberNode<Int128>(place, value, test, isInverted);
            case TypeKind.Int32 or TypeKind.Date32:
                return value < int.MinValue || value > int.MaxValue ? Beyond(value > 0) : new NumberNode<int>(place, (int)value, test, isInverted);
            default:
                return value < long.MinValue || value > long.MaxValue ? Beyond(value > 0) : new NumberNode<long>(place, (long)value, test, isInverted);
        }

        FilterNode Beyond(bool isAbove) => new ConstantNode(place, (test != BasicTest.Equal && isAbove) != isInverted);
    }
}

/// <summary>Numbers compared with one. A NaN passes no basic test and thereby every inverted one, as the greatest value should.</summary>
internal sealed class NumberNode<T>(int[] place, T literal, BasicTest test, bool isInverted) : ColumnNode(place)
    where T : unmanaged, IComparisonOperators<T, T, bool>
{
    protected override void Match(ColumnVector vector, Span<ulong> target)
    {
        var values = vector.Values<T>();
        int i = 0;
        if (Vector256<T>.IsSupported && Vector256.IsHardwareAccelerated)
        {
            var wanted = Vector256.Create(literal);
            for (; i + 64 <= values.Length; i += 64)
            {
                ulong word = 0;
                for (int j = 0; j < 64; j += Vector256<T>.Count)
                {
                    var some = Vector256.Create(values[(i + j)..]);
                    var found = test switch
                    {
                        BasicTest.Less => Vector256.LessThan(some, wanted),
                        BasicTest.LessOrEqual => Vector256.LessThanOrEqual(some, wanted),
                        _ => Vector256.Equals(some, wanted),
                    };
                    word |= (ulong)found.ExtractMostSignificantBits() << j;
                }

                target[i >> 6] = word;
            }
        }

        for (; i < values.Length; i++)
        {
            bool isFound = test switch
            {
                BasicTest.Less => values[i] < literal,
                BasicTest.LessOrEqual => values[i] <= literal,
                _ => values[i] == literal,
            };
            if (isFound) target[i >> 6] |= 1UL << (i & 63);
        }

        if (!isInverted) return;
        for (int j = 0; j < target.Length; j++) target[j] = ~target[j];
    }
}

/// <summary>NaNs, or numbers that are none.</summary>
internal sealed class NaNNode(int[] place, TypeKind kind, bool isWanted) : ColumnNode(place)
{
    protected override void Match(ColumnVector vector, Span<ulong> target)
    {
        switch (kind)
        {
            case TypeKind.Float16: Match(vector.Values<Half>(), target); break;
            case TypeKind.Float32: Match(vector.Values<float>(), target); break;
            default: Match(vector.Values<double>(), target); break;
        }
    }

    private void Match<T>(ReadOnlySpan<T> values, Span<ulong> target)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (T.IsNaN(values[i]) == isWanted) target[i >> 6] |= 1UL << (i & 63);
        }
    }
}

/// <summary>Texts, bytes and UUIDs compared with one.</summary>
internal sealed class BytesNode(int[] place, byte[] literal, BasicTest test, bool isInverted) : ColumnNode(place)
{
    protected override void Match(ColumnVector vector, Span<ulong> target)
    {
        var bytes = vector.ValueBytes.Span;
        int width = vector.Type.ByteWidth;
        var offsets = vector.Offsets;
        for (int i = 0; i < vector.Length; i++)
        {
            var value = width > 0 ? bytes.Slice(i * width, width) : bytes[offsets[i]..offsets[i + 1]];
            bool isFound = test switch
            {
                BasicTest.Equal => value.SequenceEqual(literal),
                BasicTest.Less => value.SequenceCompareTo(literal) < 0,
                _ => value.SequenceCompareTo(literal) <= 0,
            };
            if (isFound != isInverted) target[i >> 6] |= 1UL << (i & 63);
        }
    }
}
