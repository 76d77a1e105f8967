namespace Mesh.Formats.Bus;

/// <summary>Codes of damage in bus logs.</summary>
internal static class BusLosses
{
    /// <summary>Bytes between objects that are none (BLF).</summary>
    public const string NotAnObject = "MESH10520";

    /// <summary>The file ends within an object, a container or a line.</summary>
    public const string Truncated = "MESH10521";

    /// <summary>A container does not decompress.</summary>
    public const string DamagedContainer = "MESH10522";

    /// <summary>An object, a container or a line is larger than allowed.</summary>
    public const string TooLarge = "MESH10523";

    /// <summary>An object is too short for its type, or its fields contradict each other.</summary>
    public const string MalformedObject = "MESH10524";

    /// <summary>A line of text that should be a frame and is not.</summary>
    public const string MalformedLine = "MESH10525";

    /// <summary>The start of the measurement is not to be understood; times count from 1970.</summary>
    public const string UnknownStart = "MESH10526";

    /// <summary>Parts of a J1939 transport transfer are missing.</summary>
    public const string IncompleteTransfer = "MESH10530";

    /// <summary>A record of an MDF bus group is too short for its fields.</summary>
    public const string MalformedRecord = "MESH10531";
}
