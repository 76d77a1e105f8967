using Mesh.Model;
using Mesh.Training.Jobs;

namespace Mesh.Training;

public sealed partial class JobRunner
{
    /// <summary>Looks for a job at once: one was put back by somebody else.</summary>
    public void Look() => jobsChanged.Release();

    /// <summary>Cancels the job of a trial; one that has ended meanwhile is left alone.</summary>
    public async ValueTask CancelTrialAsync(string jobId, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await CancelAsync(jobId, reason, cancellationToken).ConfigureAwait(false);
        }
        catch (MeshException exception) when (exception.Code == "MESH9013")
        {
            // Its end is what was wanted.
        }
    }

    /// <summary>Ends the job of a trial: its output stays in the job's folder, and no model is made of it.</summary>
    private Task EndTrialAsync(string jobId) =>
        NoteAsync(transaction => JobStore.SucceedAsync(transaction, jobId, null, "done; a trial's model is not registered", UnixMicros.Of(time.GetUtcNow())));
}
