using System.Security.Cryptography;
using Mesh.Model;

namespace Mesh.Simulation;

/// <summary>Damages simulated recordings the way vehicles do, and notes it in their truth.</summary>
public static class RecordingDamage
{
    /// <summary>
    /// Cuts the end off a recording, as a power cut does. The truth keeps the numbers of what was written, so that lost = written − delivered.
    /// </summary>
    /// <param name="path">The recording; of a ROS 2 bag the folder, whose <c>.db3</c> file is cut.</param>
    /// <param name="keepFraction">How much of the file remains, more than 0 and less than 1.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The truth as it now lies beside the recording.</returns>
    /// <exception cref="MeshException"><c>MESH11051</c>: the recording has no truth beside it.</exception>
    public static async Task<SimulationTruth> TruncateAsync(string path, double keepFraction, CancellationToken cancellationToken)
    {
        if (keepFraction is not (> 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(keepFraction), keepFraction, "More than 0 and less than 1.");
        var truth = await SimulationTruth.TryReadAsync(path, cancellationToken).ConfigureAwait(false)
            ?? throw new MeshException("MESH11051", $"'{SimulationTruth.PathFor(path)}' does not exist; only recordings of `mesh simulate` can be damaged with account.");
        await using var file = new FileStream(SimulatedRecording.DataFileOf(path), FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, useAsync: true);
        file.SetLength((long)(file.Length * keepFraction));
        byte[] sha256 = await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false);
        truth = truth with
        {
            FileBytes = file.Length,
            Sha256 = Convert.ToHexStringLower(sha256),
            Damage = truth.Damage ?? new DamageTruth("truncated", truth.FileBytes, truth.Sha256),
        };
        await truth.WriteAsync(path, cancellationToken).ConfigureAwait(false);
        return truth;
    }
}
