using Mesh.Console.Components;

namespace Mesh.Console.Hosting;

/// <summary>
/// A page: rendered once, on the server, after <see cref="LoadAsync"/> has ended. Its markup is a <c>Shell</c> with the content in it.
/// </summary>
public abstract class ConsolePage : LoadedComponent
{
    /// <summary>Asks for what the page shows. What it throws becomes the page of an error.</summary>
    /// <exception cref="PageNotFoundException">What the address names is not there.</exception>
    protected override Task LoadAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
