using Google.Protobuf;
using Mesh.Lakehouse.Metadata;

namespace Mesh.Training.Jobs;

/// <summary>Jobs whose output is kept and not registered: the trials of studies.</summary>
internal static class TrialJobs
{
    /// <summary>
    /// Puts a job that has succeeded without a model back, to be registered: the runner finds its finished output, so that what was measured is what
    /// becomes the model. Changes nothing when the job has a model or has not succeeded.
    /// </summary>
    public static async Task RegisterAsync(MetadataTransaction transaction, string jobId, string reason, long nowUs)
    {
        if (await JobStore.FindRequestAsync(transaction, jobId).ConfigureAwait(false) is not { } request) return;
        request.NoRegister = false;
        await transaction.ExecuteAsync(
            """
            UPDATE jobs SET state = 'queued', request = @bytes, reason = @reason, not_before_us = 0, queued_at_us = @nowUs, finished_at_us = NULL
            WHERE job_id = @jobId AND state = 'succeeded' AND model_version IS NULL
            """, new { jobId, bytes = request.ToByteArray(), reason, nowUs }).ConfigureAwait(false);
    }
}
