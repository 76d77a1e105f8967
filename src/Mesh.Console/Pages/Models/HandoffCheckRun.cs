using Mesh.Commands.Handoff;
using Mesh.Model;
using Mesh.Training.Handoff;

namespace Mesh.Console.Pages.Models;

/// <summary>Writes a bundle where nobody keeps it, to find out whether it would pass the checks of the receiving side.</summary>
internal static class HandoffCheckRun
{
    /// <summary>Tries it.</summary>
    /// <returns>What was found, or why there can be no bundle.</returns>
    public static async Task<(HandoffResult? Result, string? Problem)> TryAsync(IHandoff handoff, string model, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("mesh-handoff-");
        try
        {
            return (await handoff.HandOverAsync(model, Path.Combine(folder.FullName, "bundle"), cancellationToken).ConfigureAwait(false), null);
        }
        catch (MeshException exception) when (!exception.IsTransient)
        {
            return (null, $"{exception.Message} ({exception.Code})");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
