import io.trino.plugin.memory.MemoryPlugin;
import io.trino.server.testing.TestingTrinoServer;
import java.util.Map;

/** A Trino of one node on a free port of this machine; it says its address and serves until its input ends. */
public final class Trino
{
    public static void main(String[] arguments)
            throws Exception
    {
        TestingTrinoServer server = TestingTrinoServer.builder()
                .setCoordinator(true)
                .setProperties(Map.of("query.max-length", "100000000", "web-ui.enabled", "false"))
                .build();
        server.installPlugin(new MemoryPlugin());
        // as Athena calls Glue's catalogue
        server.createCatalog("awsdatacatalog", "memory", Map.of("memory.max-data-per-node", "1GB"));
        System.out.println("ready " + server.getBaseUrl());
        while (System.in.read() >= 0) {
        }
        System.exit(0);
    }
}
