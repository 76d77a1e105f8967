using System.CommandLine;
using Mesh.Cli.Commands.Maintenance;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh catalogue ...</c>: the tables of the lake.</summary>
internal static class CatalogueCommand
{
    public static Command Create() => new("catalogue", "The lake's tables: serve them to other engines.")
    {
        CatalogueServeCommand.Create(),
        CompactCommand.Create(),
        ManifestsCommand.Create(),
        ExpireCommand.Create(),
        OrphansCommand.Create(),
        TierCommand.Create(),
        CostCommand.Create(),
    };
}
