namespace Mesh.Formats.Mdf;

/// <summary>Kinds of MDF channels (specification 4.2, "CNBLOCK", <c>cn_type</c>).</summary>
public enum MdfChannelType : byte
{
    /// <summary>Value of fixed length in the record.</summary>
    Fixed = 0,
    /// <summary>Value of variable length, kept outside the record.</summary>
    VariableLength = 1,
    /// <summary>Master: the values all others are plotted against.</summary>
    Master = 2,
    /// <summary>Master computed from the record index.</summary>
    VirtualMaster = 3,
    /// <summary>Link to a place in an external stream.</summary>
    Synchronisation = 4,
    /// <summary>Value of a maximum length whose used part another channel gives.</summary>
    MaximumLength = 5,
    /// <summary>Value computed from the record index.</summary>
    VirtualData = 6,
}
