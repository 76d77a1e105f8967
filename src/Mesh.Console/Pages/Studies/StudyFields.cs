using Mesh.Console.Actions;
using Mesh.Console.Hosting;
using Mesh.Training.Studies;

namespace Mesh.Console.Pages.Studies;

/// <summary>The study that an action's form names.</summary>
internal static class StudyFields
{
    public static async Task<StudyView> FindAsync(ConsoleServices services, FormFields fields, CancellationToken cancellationToken) =>
        await services.Studies.FindAsync(fields.Text("name") ?? "", cancellationToken).ConfigureAwait(false)
        ?? throw new Model.MeshException("MESH9362", $"There is no study '{fields.Text("name")}'. `mesh studies list` shows them.");
}
