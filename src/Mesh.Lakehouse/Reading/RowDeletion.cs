using Mesh.Lakehouse.Iceberg;

namespace Mesh.Lakehouse.Reading;

/// <summary>What deleting rows does to one data file.</summary>
/// <param name="Planned">The file.</param>
/// <param name="DeletedRows">Rows deleted; 0 when none matches.</param>
/// <param name="DropsFile">Whether the file leaves the table.</param>
/// <param name="Written">The file of the rows that stay, or of the position deletes; null when neither is needed.</param>
internal sealed record RowDeletion(PlannedFile Planned, long DeletedRows, bool DropsFile, AddedFile? Written)
{
    /// <summary>Whether this was done with the same deletes applied.</summary>
    public bool IsOf(PlannedFile other)
    {
        if (Planned.File.Uri != other.File.Uri || Planned.Deletes.Count != other.Deletes.Count) return false;
        for (int i = 0; i < other.Deletes.Count; i++)
        {
            if (Planned.Deletes[i].Uri != other.Deletes[i].Uri) return false;
        }

        return true;
    }
}
