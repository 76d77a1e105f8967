using Mesh.Commands.Jobs;
using Mesh.Commands.Queries;
using Mesh.Model;
using Mesh.Training.Studies;

namespace Mesh.Commands.Studies;

/// <summary>Searches for hyperparameters: asked of a server over HTTP, within it, or of a state directory that none has.</summary>
public interface IStudies : IAsyncDisposable
{
    /// <summary>Studies, newest first, without their trials.</summary>
    Task<IReadOnlyList<StudyView>> ListAsync(CancellationToken cancellationToken);

    /// <summary>A page of studies, without their trials.</summary>
    Task<Page<StudyView>> ListAsync(StudyQuery query, CancellationToken cancellationToken);

    /// <summary>A study with its trials; null when there is none.</summary>
    Task<StudyView?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>Starts a study.</summary>
    /// <exception cref="MeshException">
    /// <c>MESH9360</c> with everything that is wrong with the file; <c>MESH9361</c> the name is taken; <c>MESH9366</c> there is no such rule or product, or no
    /// data; <c>MESH9367</c> no server runs.
    /// </exception>
    Task<StudyView> RunAsync(StudyRequest request, CancellationToken cancellationToken);

    /// <summary>Stops a study.</summary>
    /// <exception cref="MeshException"><c>MESH9362</c> to <c>MESH9364</c> as of <see cref="StudyStore.StopAsync"/>; <c>MESH9367</c> no server runs.</exception>
    Task<StudyView> StopAsync(string name, StopRequest request, CancellationToken cancellationToken);

    /// <summary>Goes on with a study.</summary>
    /// <exception cref="MeshException"><c>MESH9362</c> to <c>MESH9365</c> as of <see cref="StudyStore.ResumeAsync"/>; <c>MESH9367</c> no server runs.</exception>
    Task<StudyView> ResumeAsync(string name, ResumeRequest request, CancellationToken cancellationToken);
}
