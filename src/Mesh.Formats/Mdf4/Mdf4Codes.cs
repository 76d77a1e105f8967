namespace Mesh.Formats.Mdf4;

/// <summary>Codes of what can be wrong with an MDF 4 file; README.md of this folder says what is delivered in each case.</summary>
internal static class Mdf4Codes
{
    /// <summary>Nothing of the file can be read.</summary>
    public const string Unreadable = "MESH10200";
    /// <summary>The file ends before a block does.</summary>
    public const string Cut = "MESH10201";
    /// <summary>No block of the right kind where a link points.</summary>
    public const string BadLink = "MESH10202";
    /// <summary>A block header is damaged, but what it must be is known.</summary>
    public const string BadHeader = "MESH10203";
    /// <summary>Links lead round in a circle.</summary>
    public const string Cycle = "MESH10204";
    /// <summary>Definitions above a limit.</summary>
    public const string DefinitionLimit = "MESH10205";
    /// <summary>A channel does not lie within its record.</summary>
    public const string BadChannel = "MESH10206";
    /// <summary>A data block cannot be found or read.</summary>
    public const string DataBlockLost = "MESH10207";
    /// <summary>A compressed block does not decompress.</summary>
    public const string BadCompression = "MESH10208";
    /// <summary>A block is compressed in a way not known.</summary>
    public const string UnknownCompression = "MESH10209";
    /// <summary>A compressed block claims more than the limit.</summary>
    public const string BlockLimit = "MESH10210";
    /// <summary>Data ends within a record.</summary>
    public const string PartialRecord = "MESH10211";
    /// <summary>Fewer records than the group's cycle counter says.</summary>
    public const string RecordsMissing = "MESH10212";
    /// <summary>More records than the group's cycle counter says.</summary>
    public const string RecordsBeyond = "MESH10213";
    /// <summary>No record begins where one must.</summary>
    public const string BadRecordId = "MESH10214";
    /// <summary>A variable-length value is not where its record says.</summary>
    public const string ValueLost = "MESH10215";
    /// <summary>A master channel gives no times.</summary>
    public const string BadMaster = "MESH10216";
    /// <summary>An attachment's bytes are damaged or elsewhere.</summary>
    public const string BadAttachment = "MESH10217";
    /// <summary>Part of the format that is not read.</summary>
    public const string NotRead = "MESH10218";
    /// <summary>Blocks that nothing links to, taken into their place.</summary>
    public const string Salvaged = "MESH10219";
    /// <summary>A record or value above the limit for messages.</summary>
    public const string MessageLimit = "MESH10220";
}
