namespace Mesh.Formats.Mdf3;

/// <summary>Codes of what can be wrong with an MDF 2 or 3 file.</summary>
internal static class Mdf3Codes
{
    /// <summary>Nothing of the file can be read.</summary>
    public const string Unreadable = "MESH10250";
    /// <summary>The file ends before a block does.</summary>
    public const string Cut = "MESH10251";
    /// <summary>No block of the right kind where a link points.</summary>
    public const string BadLink = "MESH10252";
    /// <summary>Links lead round in a circle, or blocks share bytes.</summary>
    public const string Cycle = "MESH10253";
    /// <summary>Conversions above the limit.</summary>
    public const string DefinitionLimit = "MESH10254";
    /// <summary>A channel does not lie within its record, or is of an unknown type.</summary>
    public const string BadChannel = "MESH10255";
    /// <summary>Fewer records than the groups say.</summary>
    public const string RecordsMissing = "MESH10256";
    /// <summary>No record begins where one must.</summary>
    public const string BadRecordId = "MESH10257";
    /// <summary>A time channel gives no times.</summary>
    public const string BadMaster = "MESH10258";
    /// <summary>The number of records was never written; they were counted.</summary>
    public const string Counted = "MESH10259";
    /// <summary>Groups that nothing links to any more, found by searching.</summary>
    public const string Salvaged = "MESH10260";
}
