namespace Mesh.Formats.Bus;

/// <summary>How the bits of a signal are to be understood (DBC, <c>SIG_VALTYPE_</c>).</summary>
public enum BusSignalValueType
{
    /// <summary>An integer, signed or not.</summary>
    Integer = 0,

    /// <summary>IEEE 754 single precision, 32 bits.</summary>
    Float32 = 1,

    /// <summary>IEEE 754 double precision, 64 bits.</summary>
    Float64 = 2,
}
