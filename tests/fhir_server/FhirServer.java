import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.OptionalParam;
import ca.uhn.fhir.rest.annotation.Read;
import ca.uhn.fhir.rest.annotation.ResourceParam;
import ca.uhn.fhir.rest.annotation.Search;
import ca.uhn.fhir.rest.annotation.Sort;
import ca.uhn.fhir.rest.annotation.Update;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.SortSpec;
import ca.uhn.fhir.rest.param.DateRangeParam;
import ca.uhn.fhir.rest.param.TokenOrListParam;
import ca.uhn.fhir.rest.server.FifoMemoryPagingProvider;
import ca.uhn.fhir.rest.server.IResourceProvider;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Resource;

/** HAPI FHIR R4 over resources in memory: update, read, and search by _lastUpdated and _id, with real paging. */
public class FhirServer {
  static final List<String> TYPES = List.of(
      "Patient", "Practitioner", "Organization", "Location", "Appointment", "Encounter", "ServiceRequest", "Specimen",
      "DiagnosticReport", "Task", "ChargeItem", "PaymentReconciliation", "MedicationRequest", "MedicationDispense");

  /** All resources of one type. */
  public static class Provider implements IResourceProvider {
    private final Class<? extends IBaseResource> type;
    private final Map<String, Resource> kept = new ConcurrentHashMap<>();

    Provider(FhirContext context, String name) {
      type = context.getResourceDefinition(name).getImplementingClass();
    }

    @Override
    public Class<? extends IBaseResource> getResourceType() {
      return type;
    }

    @Read
    public Resource read(@IdParam IdType id) {
      Resource found = kept.get(id.getIdPart());
      if (found == null) throw new ResourceNotFoundException(id);
      return found;
    }

    @Update
    public synchronized MethodOutcome update(@IdParam IdType id, @ResourceParam Resource told) {
      Resource before = kept.get(id.getIdPart());
      long version = before == null ? 1 : Long.parseLong(before.getMeta().getVersionId()) + 1;
      told.setId(new IdType(told.fhirType(), id.getIdPart(), Long.toString(version)));
      told.getMeta().setVersionId(Long.toString(version)).setLastUpdated(new Date());
      kept.put(id.getIdPart(), told);
      return new MethodOutcome(told.getIdElement(), before == null);
    }

    @Search
    public List<Resource> search(
        @OptionalParam(name = "_lastUpdated") DateRangeParam updated,
        @OptionalParam(name = "_id") TokenOrListParam ids,
        @Sort SortSpec sort) {
      Date from = updated == null ? null : updated.getLowerBoundAsInstant();
      Set<String> wanted =
          ids == null
              ? null
              : ids.getValuesAsQueryTokens().stream().map(each -> each.getValue()).collect(Collectors.toSet());
      return kept.values().stream()
          .filter(each -> from == null || !each.getMeta().getLastUpdated().before(from))
          .filter(each -> wanted == null || wanted.contains(each.getIdElement().getIdPart()))
          .sorted(Comparator.comparing((Resource each) -> each.getMeta().getLastUpdated()))
          .collect(Collectors.toList());
    }
  }

  public static void main(String[] args) throws Exception {
    FhirContext context = FhirContext.forR4();
    RestfulServer fhir = new RestfulServer(context);
    fhir.setResourceProviders(TYPES.stream().map(name -> new Provider(context, name)).collect(Collectors.toList()));
    fhir.setPagingProvider(new FifoMemoryPagingProvider(100).setDefaultPageSize(10).setMaximumPageSize(500));
    ServletContextHandler root = new ServletContextHandler();
    root.addServlet(new ServletHolder(fhir), "/fhir/*");
    Server server = new Server(new java.net.InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])));
    server.setHandler(root);
    server.start();
    System.out.println("ready");
    server.join();
  }
}
