using Microsoft.AspNetCore.Components;

namespace Mesh.Console.Hosting;

/// <summary>
/// A page: rendered once, on the server, after <see cref="LoadAsync"/> has ended. Its markup is a <c>Shell</c> with the content in it.
/// </summary>
public abstract class ConsolePage : ComponentBase
{
    /// <summary>The request.</summary>
    [Parameter]
    [EditorRequired]
    public PageRequest Request { get; set; } = null!;

    /// <summary>What the page asks and acts through.</summary>
    [Inject]
    public ConsoleServices Services { get; set; } = null!;

    /// <inheritdoc/>
    public sealed override async Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        await LoadAsync(Request.Aborted);
        StateHasChanged();
    }

    /// <summary>Asks for what the page shows. What it throws becomes the page of an error.</summary>
    /// <exception cref="PageNotFoundException">What the address names is not there.</exception>
    protected virtual Task LoadAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
