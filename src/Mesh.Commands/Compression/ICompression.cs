using Mesh.Training.Compression;

namespace Mesh.Commands.Compression;

/// <summary>Variants of models: asked of a server over HTTP, within it, or of a state directory that none has.</summary>
public interface ICompression : IAsyncDisposable
{
    /// <summary>The variants of a version.</summary>
    /// <param name="model"><c>NAME</c>, <c>NAME@VERSION</c> or <c>NAME@ALIAS</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Model.MeshException"><c>MESH9405</c> when there is no such version.</exception>
    Task<ModelVariantsView> GetVariantsAsync(string model, CancellationToken cancellationToken);

    /// <summary>Asks for a compression.</summary>
    /// <exception cref="Model.MeshException"><c>MESH9404</c>, <c>MESH9405</c> as of <see cref="CompressionRunner.RequestAsync"/>; <c>MESH9408</c> where nothing can be asked for.</exception>
    Task<CompressionEntry> RequestAsync(string model, CompressRequest request, CancellationToken cancellationToken);
}
