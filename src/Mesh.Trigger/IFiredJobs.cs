using Mesh.Lakehouse.Metadata;

namespace Mesh.Trigger;

/// <summary>Tells what became of the jobs that firings asked for, from the same database and at the same moment as the firings.</summary>
public interface IFiredJobs
{
    /// <summary>The jobs of some firings; none for a firing whose job nobody has taken yet.</summary>
    Task<IReadOnlyList<FiredJob>> ListAsync(MetadataSession session, IReadOnlyList<string> triggerIds);
}
