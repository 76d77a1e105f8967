using System.Numerics;

namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>An operator on two elements of a known type.</summary>
internal interface IBinary<T, TResult>
    where T : unmanaged
{
    static virtual bool HasVectors => false;

    static abstract TResult Apply(T a, T b);

    static virtual Vector<T> Apply(Vector<T> a, Vector<T> b) => throw new NotSupportedException();
}

/// <summary>An operator on two numbers of any one type.</summary>
internal interface IArithmetic
{
    static virtual bool HasVectors => false;

    static abstract T Apply<T>(T a, T b)
        where T : unmanaged, INumber<T>;

    static virtual Vector<T> Apply<T>(Vector<T> a, Vector<T> b) => throw new NotSupportedException();
}

/// <summary>A comparison of two numbers of any one type.</summary>
internal interface IComparison
{
    static abstract bool Apply<T>(T a, T b)
        where T : unmanaged, INumber<T>;
}

internal readonly struct OfNumbers<T, TOperation> : IBinary<T, T>
    where T : unmanaged, INumber<T>
    where TOperation : struct, IArithmetic
{
    public static bool HasVectors => TOperation.HasVectors;

    public static T Apply(T a, T b) => TOperation.Apply(a, b);

    public static Vector<T> Apply(Vector<T> a, Vector<T> b) => TOperation.Apply(a, b);
}

internal readonly struct OfComparison<T, TOperation> : IBinary<T, byte>
    where T : unmanaged, INumber<T>
    where TOperation : struct, IComparison
{
    public static byte Apply(T a, T b) => TOperation.Apply(a, b) ? (byte)1 : (byte)0;
}

internal readonly struct Add : IArithmetic
{
    public static bool HasVectors => true;

    public static T Apply<T>(T a, T b)
        where T : unmanaged, INumber<T> => a + b;

    public static Vector<T> Apply<T>(Vector<T> a, Vector<T> b) => a + b;
}

internal readonly struct Subtract : IArithmetic
{
    public static bool HasVectors => true;

    public static T Apply<T>(T a, T b)
        where T : unmanaged, INumber<T> => a - b;

    public static Vector<T> Apply<T>(Vector<T> a, Vector<T> b) => a - b;
}

internal readonly struct Multiply : IArithmetic
{
    public static bool HasVectors => true;

    public static T Apply<T>(T a, T b)
        where T : unmanaged, INumber<T> => a * b;

    public static Vector<T> Apply<T>(Vector<T> a, Vector<T> b) => a * b;
}

internal readonly struct Divide : IArithmetic
{
    public static T Apply<T>(T a, T b)
        where T : unmanaged, INumber<T> => a / b;
}

internal readonly struct TruncatedRemainder : IArithmetic
{
    public static T Apply<T>(T a, T b)
        where T : unmanaged, INumber<T> => a % b;
}

/// <summary>The remainder that has the sign of the divisor, as in Python.</summary>
internal readonly struct FlooredRemainder : IArithmetic
{
    public static T Apply<T>(T a, T b)
        where T : unmanaged, INumber<T>
    {
        T remainder = a % b;
        return !T.IsZero(remainder) && T.IsNegative(remainder) != T.IsNegative(b) ? remainder + b : remainder;
    }
}

internal readonly struct Maximum : IArithmetic
{
    public static T Apply<T>(T a, T b)
        where T : unmanaged, INumber<T> => T.Max(a, b);
}

internal readonly struct Minimum : IArithmetic
{
    public static T Apply<T>(T a, T b)
        where T : unmanaged, INumber<T> => T.Min(a, b);
}

internal readonly struct ParametricRelu : IArithmetic
{
    public static T Apply<T>(T a, T b)
        where T : unmanaged, INumber<T> => a < T.Zero ? a * b : a;
}

internal readonly struct Power : IBinary<double, double>
{
    public static double Apply(double a, double b) => Math.Pow(a, b);
}

internal readonly struct EqualTo : IComparison
{
    public static bool Apply<T>(T a, T b)
        where T : unmanaged, INumber<T> => a == b;
}

internal readonly struct GreaterThan : IComparison
{
    public static bool Apply<T>(T a, T b)
        where T : unmanaged, INumber<T> => a > b;
}

internal readonly struct GreaterOrEqualTo : IComparison
{
    public static bool Apply<T>(T a, T b)
        where T : unmanaged, INumber<T> => a >= b;
}

internal readonly struct LessThan : IComparison
{
    public static bool Apply<T>(T a, T b)
        where T : unmanaged, INumber<T> => a < b;
}

internal readonly struct LessOrEqualTo : IComparison
{
    public static bool Apply<T>(T a, T b)
        where T : unmanaged, INumber<T> => a <= b;
}

internal readonly struct LogicalAnd : IBinary<byte, byte>
{
    public static byte Apply(byte a, byte b) => (byte)(a & b);
}

internal readonly struct LogicalOr : IBinary<byte, byte>
{
    public static byte Apply(byte a, byte b) => (byte)(a | b);
}

internal readonly struct LogicalXor : IBinary<byte, byte>
{
    public static byte Apply(byte a, byte b) => (byte)(a ^ b);
}
