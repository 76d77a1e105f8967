using System.Text;
using Mesh.Model;

namespace Mesh.Training.Jobs;

/// <summary>Reads what a job's trainer printed.</summary>
public static class JobLog
{
    private const int MaxBytes = 1 << 20;

    /// <summary>Reads a piece of at most 1 MiB.</summary>
    /// <param name="jobsFolder">Folder of the jobs.</param>
    /// <param name="job">The job.</param>
    /// <param name="offset">Byte to begin at; 0, or the last piece's <see cref="JobLogPart.NextOffset"/>.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="MeshException"><c>MESH9014</c> the file cannot be read.</exception>
    public static async ValueTask<JobLogPart> ReadAsync(string jobsFolder, JobEntry job, long offset, CancellationToken cancellationToken)
    {
        // The state is older than what is read, so that an end is an end.
        bool hasEnded = job.State.IsEnd();
        var folder = new JobFolder(Path.Combine(jobsFolder, job.JobId));
        try
        {
            if (!File.Exists(folder.LogFile)) return new JobLogPart("", 0, hasEnded);
            var file = new FileStream(folder.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
            await using var fileEnd = file.ConfigureAwait(false);
            file.Position = Math.Clamp(offset, 0, file.Length);
            byte[] buffer = new byte[(int)Math.Min(MaxBytes, file.Length - file.Position)];
            long begin = file.Position;
            int read = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            bool isLast = begin + read >= file.Length;
            int whole = isLast && hasEnded ? read : WholeCharacters(buffer.AsSpan(0, read));
            return new JobLogPart(Encoding.UTF8.GetString(buffer, 0, whole), begin + whole, hasEnded && isLast);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9014", $"The log of job {job.JobId} cannot be read: {exception.Message}", innerException: exception);
        }
    }

    // A character may be cut in two by the limit or by a trainer that is not done writing it.
    private static int WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        int last = bytes.Length - 1;
        int back = 0;
        while (last - back >= 0 && back < 3 && (bytes[last - back] & 0xC0) == 0x80) back++;
        if (last - back < 0) return bytes.Length;
        int length = bytes[last - back] switch { >= 0xF0 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 };
        return length > back + 1 ? bytes.Length - back - 1 : bytes.Length;
    }
}
