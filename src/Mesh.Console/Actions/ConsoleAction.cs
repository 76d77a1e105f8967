using Mesh.Console.Hosting;

namespace Mesh.Console.Actions;

/// <summary>
/// Something that changes the Mesh. <c>GET /actions/NAME?fields</c> shows its plan and the equivalent command; the button there posts the
/// plan's digest, and only a plan that is still the same is run. Every subclass with a constructor of <see cref="ConsoleServices"/> is mapped.
/// </summary>
/// <param name="name">Name in the URL: <c>replay-letters</c>.</param>
/// <param name="title">What it is called before anything is filled in.</param>
public abstract class ConsoleAction(string name, string title)
{
    /// <summary>Name in the URL.</summary>
    public string Name { get; } = name;

    /// <summary>What it is called before anything is filled in.</summary>
    public string Title { get; } = title;

    /// <summary>Its address.</summary>
    public string Url => "/actions/" + Name;

    /// <summary>Fields that the plan page shows for filling in; all others are carried along as they are.</summary>
    public virtual IReadOnlyList<ActionField> Fields => [];

    /// <summary>Finds out what would be done. Changes nothing.</summary>
    /// <exception cref="Model.MeshException">The fields make no sense, or what they name is not there.</exception>
    public abstract Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken);

    /// <summary>Does it.</summary>
    /// <exception cref="Model.MeshException">It was refused or failed.</exception>
    public abstract Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken);

    /// <summary>All actions.</summary>
    internal static IEnumerable<ConsoleAction> All(ConsoleServices services) =>
        typeof(ConsoleAction).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ConsoleAction)) && !type.IsAbstract).OrderBy(type => type.Name, StringComparer.Ordinal)
            .Select(type => (ConsoleAction)Activator.CreateInstance(type, services)!);
}
