using Mesh.Training.Handoff;
using Mesh.Training.Handoff.Signing;

namespace Mesh.Commands.Handoff;

/// <summary>Hands models over to those who deploy them: by a server over HTTP, or on a state directory that no server has.</summary>
public interface IHandoff
{
    /// <summary>Writes the bundle of a version.</summary>
    /// <param name="model"><c>NAME@VERSION</c> or <c>NAME@ALIAS</c>.</param>
    /// <param name="folder">Folder to write, which must not be there.</param>
    /// <param name="cancellationToken">Stops; nothing is left.</param>
    Task<HandoffResult> HandOverAsync(string model, string folder, CancellationToken cancellationToken);

    /// <summary>Keys and rules for the receiving side to trust.</summary>
    Task<TrustFile> GetTrustAsync(CancellationToken cancellationToken);
}
