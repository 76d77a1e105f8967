namespace Mesh.Console.Hosting;

/// <summary>Where a page is found. Every page has at least one; tests walk over all of them.</summary>
/// <param name="template">Route template as of ASP.NET routing: <c>/recordings/{id}</c>.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class PageRouteAttribute(string template) : Attribute
{
    /// <summary>Route template.</summary>
    public string Template { get; } = template;
}
