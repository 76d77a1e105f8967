namespace Mesh.Formats.Mdf;

/// <summary>Where a channel's value lies in a record and what it means.</summary>
public sealed record MdfChannelLayout
{
    /// <summary>Name as recorded.</summary>
    public required string Name { get; init; }

    /// <summary>Kind.</summary>
    public MdfChannelType Type { get; init; }

    /// <summary>What a master counts (<c>cn_sync_type</c>): 1 seconds, 2 radians, 3 metres, 4 an index; 0 when it is not said, or not a master.</summary>
    public int SyncType { get; init; }

    /// <summary>Type of the raw value.</summary>
    public MdfDataType DataType { get; init; }

    /// <summary>First byte of the value, counted from the record's first data byte (record id excluded).</summary>
    public int ByteOffset { get; init; }

    /// <summary>First bit within that byte, 0 to 7.</summary>
    public int BitOffset { get; init; }

    /// <summary>Width of the raw value in bits. Variable-length channels: of the offset in the record, which the message does not need.</summary>
    public int BitCount { get; init; }

    /// <summary>Position of its invalidation bit; -1 when it has none.</summary>
    public int InvalidationBit { get; init; } = -1;

    /// <summary>Whether every value is invalid (<c>cn_flags</c> bit 0).</summary>
    public bool AllInvalid { get; init; }

    /// <summary>Position among the variable-length values at the end of the message; -1 for other channels.</summary>
    public int VariableIndex { get; init; } = -1;

    /// <summary>Index of the channel that holds the used length of a <see cref="MdfChannelType.MaximumLength"/> one; -1 otherwise.</summary>
    public int SizeChannel { get; init; } = -1;

    /// <summary>Index of the channel that this one is a member of; -1 at the top.</summary>
    public int Parent { get; init; } = -1;

    /// <summary>Whether other channels are its members: then its own bytes are only theirs together.</summary>
    public bool IsStructure { get; init; }

    /// <summary>Array layout; null for a single value.</summary>
    public MdfArrayLayout? Array { get; init; }

    /// <summary>Conversion; null for none.</summary>
    public MdfConversion? Conversion { get; init; }

    /// <summary>Unit of the physical value; may be empty.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Free text; may be empty.</summary>
    public string Comment { get; init; } = "";
}
