using System.CommandLine;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh catalogue ...</c>: the tables of the lake.</summary>
internal static class CatalogueCommand
{
    public static Command Create() => new("catalogue", "The lake's tables: serve them to other engines.")
    {
        CatalogueServeCommand.Create(),
    };
}
