namespace Mesh.Formats.Bus;

/// <summary>A message of a database (DBC, <c>BO_</c>).</summary>
public sealed record BusMessage
{
    /// <summary>Name; unique within a sound database.</summary>
    public required string Name { get; init; }

    /// <summary>Identifier of 11 or 29 bits.</summary>
    public required uint Id { get; init; }

    /// <summary>Whether the identifier has 29 bits.</summary>
    public bool IsExtended { get; init; }

    /// <summary>Payload bytes as the database says; frames may have others.</summary>
    public int Bytes { get; init; }

    /// <summary>Node that sends it; empty when none is named.</summary>
    public string Transmitter { get; init; } = "";

    /// <summary>Free text; may be empty.</summary>
    public string Comment { get; init; } = "";

    /// <summary>Whether it is a J1939 parameter group: then priority and source address of the identifier do not count, nor a PDU1 destination.</summary>
    public bool IsJ1939 { get; init; }

    /// <summary>Cycle time in milliseconds (<c>GenMsgCycleTime</c>); null when none is given.</summary>
    public double? CycleTimeMs { get; init; }

    /// <summary>The signals, in the file's order.</summary>
    public IReadOnlyList<BusSignal> Signals { get; init; } = [];

    /// <summary>Parameter group number that the identifier holds (SAE J1939-21, 5.1.2).</summary>
    public int ParameterGroup => J1939.J1939Id.ParameterGroup(Id);

    /// <summary>Identifier with bit 31 set when it has 29 bits, as DBC files and frames have it.</summary>
    internal uint Key => IsExtended ? Id | Frames.CanFrame.ExtendedFlag : Id;
}
