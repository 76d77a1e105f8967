namespace Mesh.Browser.Tests;

/// <summary>The tests share one browser and one server, one after another.</summary>
[CollectionDefinition(Name)]
public sealed class ConsoleCollection : ICollectionFixture<Browser>, ICollectionFixture<DemoServer>
{
    public const string Name = "console";
}
