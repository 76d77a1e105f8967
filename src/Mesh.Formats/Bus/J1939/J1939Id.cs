namespace Mesh.Formats.Bus.J1939;

/// <summary>
/// The parts of a 29-bit identifier in SAE J1939-21, 5.1: priority (3 bits), extended data page, data page, PDU format (8), PDU specific (8),
/// source address (8).
/// </summary>
internal static class J1939Id
{
    /// <summary>Address of every node.</summary>
    public const int GlobalAddress = 255;

    /// <summary>Address of no node; databases write it where the source does not matter.</summary>
    public const int NullAddress = 254;

    private const int FirstPdu2Format = 240;

    /// <summary>The parameter group number: with a PDU format below 240 (PDU1) the PDU specific field is an address and does not belong to it.</summary>
    public static int ParameterGroup(uint id)
    {
        int group = (int)(id >> 8) & 0x3ffff;
        return IsPdu1(id) ? group & 0x3ff00 : group;
    }

    public static int SourceAddress(uint id) => (int)(id & 0xff);

    public static int DestinationAddress(uint id) => IsPdu1(id) ? (int)(id >> 8) & 0xff : GlobalAddress;

    public static int Priority(uint id) => (int)(id >> 26) & 7;

    public static uint Make(int priority, int parameterGroup, int destination, int source)
    {
        uint id = ((uint)priority << 26) | ((uint)parameterGroup << 8) | (uint)source;
        return IsPdu1(id) ? (id & ~0xff00u) | ((uint)destination << 8) : id;
    }

    private static bool IsPdu1(uint id) => ((id >> 16) & 0xff) < FirstPdu2Format;
}
